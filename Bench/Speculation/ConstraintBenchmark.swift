// ConstraintBenchmark.swift — what a constraint adds to choosing a token.
// Bench › Speculation.  Beside it stands what a decode step takes at the least, measured in the same run;
// both in processor time of one thread.

import Base
import Console
import Kernels
import Sampling

/// One row of logits, chosen from with and without a constraint.
enum ConstraintBenchmark: Command {
    static let name = "constraint"
    static let summary = "the cost of a masked choice of a token"
    static let options = [
        OptionDefinition("--vocabulary", "N", "tokens of the model (default: 151936)"),
        OptionDefinition("--spans", "N", "passages that may be quoted (default: 2000)"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    static func run(_ arguments: Arguments) throws {
        let size = try arguments.integer("--vocabulary", in: 100...(1 << 22)) ?? 151_936
        let spanCount = try arguments.integer("--spans", in: 1...100_000) ?? 2000
        var numbers = Numbers(state: 7)
        let spans = (0..<spanCount).map { _ in (0..<60).map { _ in TokenID(numbers.next(below: size)) } }
        let connectors = (0..<8).map { _ in [TokenID(numbers.next(below: size))] }
        let row = (0..<size).map { _ in Float(numbers.next(below: 1 << 20)) / Float(1 << 17) }
        // At the beginning every span may begin; inside one, a single token may follow.
        let atStart = SpanConstraint(spans: spans, connectors: connectors, endTokens: [0])
        let inside: SpanConstraint = {
            var constraint = atStart
            constraint.accept(spans[0][0])
            return constraint
        }()

        // Greedily: of all ways to choose the one that takes least itself, so that the mask weighs most.
        let sampling = SamplingParameters.greedy
        let results: [(name: String, microseconds: Double)] = [
            ("free", measure(row, sampling, nil)),
            ("inside_a_span", measure(row, sampling, inside)), ("between_spans", measure(row, sampling, atStart)),
            ("half_the_vocabulary", measure(row, sampling, Half(size: size))),
        ]
        // The products of a small model with a large vocabulary, in the smallest common type.
        let shape = ModelShape.all.first { $0.name == "qwen2.5-0.5b" }!
        let pool = ThreadPool(threadCount: 1, kernels: KernelSet.best)
        let step = try shape.measureStepSeconds(.q4_0, pool) * 1e6
        let free = results[0].microseconds

        var writer = JSONWriter()
        writer.object { writer in
            writer.field("cpu", Machine.processorName)
            writer.field("vocabulary", size)
            writer.field("spans", spanCount)
            writer.key("microseconds_per_choice")
            writer.object { writer in for (name, time) in results { writer.field(name, time) } }
            writer.field("microseconds_per_step_of_qwen2.5-0.5b_q4_0", step)
        }
        if arguments.has("--json") { return Output.line(String(decoding: writer.bytes, as: UTF8.self)) }
        for (name, time) in results {
            Output.line(
                "\(name): \(rounded(time)) µs a choice, \(rounded(time - free)) µs more than free:"
                    + " \(rounded(100 * (time - free) / step)) % of a step of \(shape.name) in Q4_0")
        }
    }

    /// Median microseconds of processor time of one choice: mask, filters and draw, on a fresh copy of the row.
    private static func measure(
        _ row: [Float], _ sampling: SamplingParameters, _ constraint: (any TokenConstraint)?
    ) -> Double {
        var pipeline = LogitsPipeline(vocabularySize: row.count)
        var constraint = constraint
        var copy = row
        var times: [Double] = []
        for position in 0..<60 {
            for index in row.indices { copy[index] = row[index] }
            let start = ProcessorTime().nanoseconds()
            let token = unsafe copy.withUnsafeMutableBufferPointer {
                unsafe pipeline.choose(
                    $0, position: position, parameters: sampling, history: TokenHistory(), constraint: &constraint)
            }
            times.append(Double(ProcessorTime().nanoseconds() - start) / 1000)
            precondition(token != nil)
        }
        return median(times)
    }

    /// Every other token, allowed one by one: too many for a list, and the whole row is masked.
    private struct Half: TokenConstraint {
        let size: Int
        mutating func fillMask(_ mask: inout TokenMask) {
            for index in 0..<size / 2 { mask[TokenID(2 * index)] = true }
        }
        mutating func accept(_ token: TokenID) {}
        mutating func rollback(_ count: Int) {}
    }

    private struct Numbers {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }
}
