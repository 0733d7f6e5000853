import Testing
@Suite struct `Engine` {}
