import Testing
@Suite struct `Kernels` {}
