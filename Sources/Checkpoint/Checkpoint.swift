// Checkpoint — see the README.
