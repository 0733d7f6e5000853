// Server — see the README.
