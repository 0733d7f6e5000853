import Testing
@Suite struct `Checkpoint` {}
