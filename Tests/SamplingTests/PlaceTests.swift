import Testing
@Suite struct `Sampling` {}
