import Testing
@Suite struct `Network` {}
