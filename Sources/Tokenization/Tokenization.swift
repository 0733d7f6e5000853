// Tokenization — see the README.
