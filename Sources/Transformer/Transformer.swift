// Transformer — see the README.
