import Testing
@Suite struct `Server` {}
