import Testing
@Suite struct `Tokenization` {}
