import Testing
@Suite struct `Base` {}
