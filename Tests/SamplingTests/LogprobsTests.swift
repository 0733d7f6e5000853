// LogprobsTests.swift — log-probabilities against the definition, in double precision.

import Base
import Glibc
import Sampling
import TestSupport
import Testing

@Suite struct `Log-probabilities` {
    func read(_ logits: [Float]) -> LogprobReader {
        var logits = logits
        var reader = LogprobReader()
        unsafe logits.withUnsafeMutableBufferPointer { unsafe reader.read($0) }
        return reader
    }

    @Test(arguments: [1, 2, 15, 16, 17, 333, 50_000]) func `equal the logarithm of the softmax`(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let logits = (0..<count).map { _ in Float.random(in: -20...20, using: &generator) }
        let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
        let reader = read(logits)
        for index in Set((0..<20).map { $0 * 977 % count }) {
            let expected = Double(logits[index]) - log(sum)
            let found = Double(reader.logprobs(of: TokenID(index), top: 0).chosen.logprob)
            #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)))
        }
    }

    @Test func `the likeliest come first, the lowest id among equals`() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            // Few values, so that many are equal.
            let logits = (0..<200).map { _ in Float(Int.random(in: 0..<30, using: &generator)) }
            let expected = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
            let reader = read(logits)
            for count in [0, 1, 2, 20] {
                let top = reader.logprobs(of: 5, top: count).top
                #expect(top.map(\.token.index) == Array(expected.prefix(count)))
                #expect(top.allSatisfy { $0 == reader.logprobs(of: $0.token, top: 0).chosen })
            }
        }
    }

    @Test func `a vocabulary smaller than the count, NaN and minus infinity`() {
        let reader = read([1, .nan, -.infinity])
        let result = reader.logprobs(of: 0, top: 5)
        #expect(result.chosen.logprob == 0)
        #expect(result.top.map(\.token) == [0, 2])
        #expect(result.top[1].logprob == -.infinity)
    }
}
