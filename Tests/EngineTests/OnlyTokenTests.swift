import Base
import Engine
import Sampling
import TestSupport
import Testing

/// Tokens that a constraint leaves no choice about.
@Suite struct `Tokens without a choice` {
    private static func requests(isSilent: Bool) -> [GenerationRequest] {
        var generator = SeededGenerator(seed: 71)
        return (0..<12).map { index in
            var request = GenerationRequest.sample(
                UInt64(index + 1), prompt: 0..<(5 + 9 * index), output: 30, seed: index % 2 == 0 ? nil : UInt64(index))
            request = index % 3 == 0 ? request.choosing(&generator) : request.constrained(&generator)
            if index % 4 == 1 { request.minOutputTokens = 9 }
            return isSilent ? request.stepwise : request
        }
    }

    @Test(arguments: [nil, DrafterKind.lookup])
    func `are the same as if they had been chosen, in fewer steps`(drafter: DrafterKind?) {
        func run(isSilent: Bool, preempts: Bool) -> Harness {
            var harness = Harness(blocks: 160) {
                $0.speculation.drafter = drafter
                $0.speculation.isAdaptive = false
                $0.prefillTokensBesideDecode = 5
            }
            let requests = Self.requests(isSilent: isSilent)
            for request in requests { harness.core.submit(request) }
            var steps = 0
            while harness.step() {
                steps += 1
                if preempts, steps % 3 == 0 { harness.core.preempt(requests[steps % requests.count].id) }
            }
            return harness
        }
        let chosen = run(isSilent: true, preempts: false)
        for preempts in [false, true] {
            let free = run(isSilent: false, preempts: preempts)
            #expect(free.outputs == chosen.outputs)
            #expect(free.summaries.mapValues(\.reason) == chosen.summaries.mapValues(\.reason))
            #expect(free.summaries.values.contains { $0.forcedTokenCount > 5 })
            if !preempts, drafter == nil { #expect(free.core.statistics.stepCount < chosen.core.statistics.stepCount) }
        }
        #expect(chosen.summaries.values.allSatisfy { $0.forcedTokenCount == 0 })
    }

    @Test func `are computed one by one for whoever asks how likely they were`() {
        var request = Self.requests(isSilent: false)[1]
        request.outputLogprobs = 0
        var harness = Harness()
        let output = harness.run(request)
        #expect(harness.logprobs[request.id]?.count ?? 0 >= output.count)
        #expect(harness.summaries[request.id]?.forcedTokenCount == 0)
        request.outputLogprobs = nil
        var other = Harness()
        #expect(other.run(request) == output)
    }

    @Test func `count as output, not as prompt`() {
        var request = GenerationRequest.sample(1, prompt: 0..<20, output: 40)
        request.constraint = SpanConstraint(spans: [(0..<40).map { TokenID($0 % 7) }], endTokens: [])
        var harness = Harness()
        #expect(harness.run(request).count == 40)
        let summary = harness.summaries[request.id]
        #expect(summary?.prefilledTokenCount == 20 && summary?.forcedTokenCount == 39)
        #expect(summary?.timings.breakdown.total == 0 && harness.core.statistics.stepCount == 1)
    }
}
