import Base
import Engine
import Sampling
import TestSupport
import Testing

/// Knows what the scripted model will say, and lies now and then: a drafter that is right as often as a test wants.
private struct Oracle: Drafter {
    let outputs: [(prompt: [TokenID], all: [TokenID])]
    /// One guess in this many is wrong; 0 for never.
    let lieEvery: Int

    mutating func note(_ tokens: borrowing [TokenID], at index: Int) {}

    func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
        let known = copy tokens
        guard let story = outputs.first(where: { $0.all.starts(with: known) && $0.prompt.count <= known.count }) else {
            return
        }
        for index in known.count..<min(story.all.count, known.count + count) {
            let isLie = lieEvery > 0 && (index * 7 + known.count) % lieEvery == 0
            draft.append(isLie ? TokenID((story.all[index].index + 1) % 50) : story.all[index])
        }
    }

    static func kind(_ requests: [GenerationRequest], lieEvery: Int = 0) -> DrafterKind {
        let outputs = requests.map {
            (prompt: $0.promptTokens, all: $0.promptTokens + ScriptedModel.expectedOutput($0))
        }
        return DrafterKind(name: "oracle") { Oracle(outputs: outputs, lieEvery: lieEvery) }
    }
}

@Suite struct `Speculation` {
    /// Drafters that are right always, often, rarely, and as it happens.
    private static func drafter(_ index: Int, _ requests: [GenerationRequest]) -> DrafterKind {
        switch index % 5 {
        case 0: Oracle.kind(requests)
        case 1: Oracle.kind(requests, lieEvery: 5)
        case 2: Oracle.kind(requests, lieEvery: 2)
        case 3: .lookup
        default: .suffix
        }
    }

    @Test(arguments: 0..<80) func `leaves every output as it is`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        let requests = (0..<Int.random(in: 1...16, using: &generator)).map { index in
            let start = Int.random(in: 0..<3, using: &generator) * 100
            let request = GenerationRequest.sample(
                UInt64(index), prompt: start..<start + Int.random(in: 1...50, using: &generator),
                output: Int.random(in: 1...40, using: &generator), seed: index % 2 == 0 ? nil : UInt64(index),
                priority: Int.random(in: 0...2, using: &generator))
            return index % 3 == 2 ? request.constrained(&generator) : request
        }
        var harness = Harness(
            blocks: Int.random(in: 8...60, using: &generator), maxModelLength: 100,
            tokensPerBlock: [4, 16].randomElement(using: &generator)!
        ) {
            $0.maxBatchedTokens = [4, 17, 512].randomElement(using: &generator)!
            $0.maxRunningCount = [1, 4, 16].randomElement(using: &generator)!
            $0.sharesPrefixes = Bool.random(using: &generator)
            $0.speculation.drafter = Self.drafter(seed, requests)
            $0.speculation.maxDraftCount = Int.random(in: 1...8, using: &generator)
            $0.speculation.maxDraftRows = [1, 5, 32].randomElement(using: &generator)!
            $0.speculation.isAdaptive = Bool.random(using: &generator)
        }
        let capacity = harness.core.configuration.maxModelLength
        let fitting = requests.filter { $0.promptTokens.count < capacity }
        for request in fitting {
            harness.core.submit(request)
            for _ in 0..<Int.random(in: 0...3, using: &generator) { harness.step() }
            if Int.random(in: 0..<4, using: &generator) == 0 { harness.core.preempt(request.id) }
        }
        harness.runUntilIdle()
        for request in fitting {
            var possible = request
            possible.maxOutputTokens = min(request.maxOutputTokens, capacity - request.promptTokens.count)
            let expected = ScriptedModel.expectedOutput(possible)
            #expect(harness.outputs[request.id] == expected, "\(request.id)")
            var outputCount = expected.count
            if case .stopToken = harness.summaries[request.id]?.reason { outputCount += 1 }
            #expect(harness.summaries[request.id]?.outputTokenCount == outputCount)
        }
        #expect(harness.core.statistics.usedBlockCount == 0)
        #expect(harness.core.statistics.acceptedTokenCount <= harness.core.statistics.draftedTokenCount)
    }

    @Test func `computes right guesses many to a step`() {
        let request = GenerationRequest.sample(1, output: 41)
        var harness = Harness {
            $0.speculation.drafter = Oracle.kind([request])
            $0.speculation.maxDraftCount = 4
            $0.speculation.isAdaptive = false
        }
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        // The prompt's step gives one token, each later one five: 1 + 8 · 5.
        #expect(harness.core.statistics.stepCount == 9)
        #expect(harness.summaries[request.id]?.acceptedTokenCount == 32)
        #expect(harness.core.statistics.acceptedTokenCountByPlace == [8, 8, 8, 8])
    }

    @Test func `guesses take no row from a prompt`() {
        let requests = (1...4).map { GenerationRequest.sample(UInt64($0), output: 200) }
        var harness = Harness {
            $0.maxBatchedTokens = 12
            $0.speculation.drafter = Oracle.kind(requests)
            $0.speculation.isAdaptive = false
        }
        for request in requests { harness.core.submit(request) }
        for _ in 0..<10 { harness.step() }
        #expect(harness.core.statistics.draftedTokenCount > 0)
        // Four rows of twelve are the others' next tokens.
        harness.core.submit(.sample(5, prompt: 100..<140, output: 1))
        for _ in 0..<5 { harness.step() }
        #expect(harness.summaries[RequestID(5)] != nil)
        harness.runUntilIdle()
        for request in requests { #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(request)) }
    }

    @Test func `ends at a stop token in the middle of right guesses`() {
        var request = GenerationRequest.sample(1, output: 30)
        let output = ScriptedModel.expectedOutput(request)
        let index = (5..<30).first { !output[..<$0].contains(output[$0]) }!
        let oracle = Oracle.kind([request])
        request.stopTokens = [output[index]]
        var harness = Harness {
            $0.speculation.drafter = oracle
            $0.speculation.isAdaptive = false
        }
        #expect(harness.run(request) == Array(output[..<index]))
        #expect(harness.summaries[request.id]?.reason == .stopToken(output[index]))
        #expect(harness.summaries[request.id]?.outputTokenCount == index + 1)
    }

    @Test func `never offers a rejected guess to the prefix cache`() {
        let first = GenerationRequest.sample(1, prompt: 0..<30, output: 2)
        // A guess that would fill the second block, and is wrong.
        let output = ScriptedModel.expectedOutput(first)
        let lie = DrafterKind(name: "lie") { Liar(token: TokenID((output[1].index + 1) % 50)) }
        var harness = Harness {
            $0.speculation.drafter = lie
            $0.speculation.isAdaptive = false
        }
        var long = first
        long.maxOutputTokens = 8
        _ = harness.run(long)
        #expect(harness.core.statistics.draftedTokenCount > 0)

        let wrong = first.promptTokens + [output[0], TokenID((output[1].index + 1) % 50), 1, 2]
        let second = GenerationRequest(id: RequestID(2), promptTokens: wrong, sampling: .greedy, maxOutputTokens: 3)
        _ = harness.run(second)
        #expect(harness.summaries[second.id]?.cachedTokenCount == 16)
    }

    private struct Liar: Drafter {
        let token: TokenID
        mutating func note(_ tokens: borrowing [TokenID], at index: Int) {}
        func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
            for _ in 0..<count { draft.append(token) }
        }
    }

    @Test func `stops computing guesses that are never right`() {
        let request = GenerationRequest.sample(1, output: 200)
        var harness = Harness(maxModelLength: 300) {
            $0.speculation.drafter = DrafterKind(name: "liar") { Liar(token: 49) }
        }
        _ = harness.run(request)
        #expect(harness.core.statistics.draftedTokenCount < 60)
    }
}

@Suite struct `Drafters` {
    private static func sequence(_ generator: inout SeededGenerator) -> [TokenID] {
        let alphabet = Int.random(in: 1...4, using: &generator)
        return (0..<Int.random(in: 0...60, using: &generator)).map { _ in
            TokenID(Int.random(in: 0..<alphabet, using: &generator))
        }
    }

    private static func guesses(_ drafter: some Drafter, _ tokens: [TokenID], _ count: Int) -> [TokenID] {
        var drafter = drafter
        for index in tokens.indices { drafter.note(tokens, at: index) }
        var draft: [TokenID] = []
        drafter.propose(after: tokens, atMost: count, into: &draft)
        return draft
    }

    /// What stands after `end`, going on through the guesses themselves.
    private static func continuation(_ tokens: [TokenID], after end: Int, _ count: Int) -> [TokenID] {
        var all = tokens
        for index in 0..<count { all.append(all[end + 1 + index]) }
        return Array(all[tokens.count...])
    }

    @Test func `the automaton continues the longest end that occurred before`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let tokens = Self.sequence(&generator)
            var longest = 0
            var firstEnd = -1
            for length in 1..<max(tokens.count, 1) {
                let suffix = tokens.suffix(length)
                let end = (length - 1..<tokens.count - 1).first { tokens[$0 - length + 1...$0] == suffix }
                guard let end else { break }
                (longest, firstEnd) = (length, end)
            }
            var automaton = SuffixAutomaton()
            for index in tokens.indices { automaton.note(tokens, at: index) }
            #expect(automaton.matchLength == longest, "\(tokens)")
            let expected = longest < 2 ? [] : Self.continuation(tokens, after: firstEnd, 5)
            #expect(Self.guesses(SuffixAutomaton(), tokens, 5) == expected, "\(tokens)")
        }
    }

    @Test func `the lookup continues the last occurrence of the last four, three or two`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let tokens = Self.sequence(&generator)
            var expected: [TokenID] = []
            for length in [4, 3, 2] where tokens.count > length {
                let suffix = tokens.suffix(length)
                let end = (length - 1..<tokens.count - 1).last { tokens[$0 - length + 1...$0] == suffix }
                guard let end else { continue }
                expected = Self.continuation(tokens, after: end, 6)
                break
            }
            #expect(Self.guesses(PromptLookup(), tokens, 6) == expected, "\(tokens)")
        }
    }
}
