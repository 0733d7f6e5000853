import Testing
@Suite struct `Transformer` {}
