// Network — see the README.
