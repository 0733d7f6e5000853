import Base
import Engine
import Sampling
import Synchronization
import TestSupport
import Testing

/// Every sequence that was ever computed with guesses at its end.
private final class Notes: Sendable {
    private let drafts = Mutex<[(tokens: [TokenID], guesses: [TokenID])]>([])

    func add(_ tokens: [TokenID], _ guesses: [TokenID]) { drafts.withLock { $0.append((tokens, guesses)) } }
    var all: [(tokens: [TokenID], guesses: [TokenID])] { drafts.withLock { $0 } }
}

/// Guesses now right, now wrong, and keeps a note of it.
private struct NotingDrafter: Drafter {
    let notes: Notes
    let stories: [[TokenID]]

    mutating func note(_ tokens: borrowing [TokenID], at index: Int) {}

    func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
        let known = copy tokens
        let story = stories.first { $0.starts(with: known) }
        for index in known.count..<known.count + count {
            let truth = story.flatMap { index < $0.count ? $0[index] : nil }
            draft.append((index + known.count) % 3 == 0 ? TokenID(index % 50) : truth ?? 7)
        }
        notes.add(known, draft)
    }
}

/// A guess that did not come true leaves no trace: not in the prefix cache, not in the bill, not in a counter.
@Suite struct `Refused guesses` {
    private static func requests(_ generator: inout SeededGenerator) -> [GenerationRequest] {
        (0..<8).map { index in
            let start = Int.random(in: 0..<3, using: &generator) * 100
            let request = GenerationRequest.sample(
                UInt64(index), prompt: start..<start + Int.random(in: 1...30, using: &generator),
                output: Int.random(in: 10...40, using: &generator), seed: index % 2 == 0 ? nil : UInt64(index))
            return index % 4 == 3 ? request.constrained(&generator) : request
        }
    }

    private static func harness(
        _ generator: inout SeededGenerator, _ acceptance: DraftAcceptance, _ drafter: DrafterKind
    ) -> Harness {
        Harness(
            blocks: 400, maxModelLength: 120, tokensPerBlock: 4,
            draftModel: drafter == .model ? ScriptedModel.mistaken(blockCount: 400, tokensPerBlock: 4) : nil
        ) {
            $0.speculation.drafter = drafter
            $0.speculation.acceptance = acceptance
            $0.speculation.maxDraftCount = Int.random(in: 2...8, using: &generator)
            $0.speculation.isAdaptive = false
        }
    }

    @Test(arguments: 0..<6, [DraftAcceptance.invariant, .rejection])
    func `are never found in the prefix cache`(seed: Int, acceptance: DraftAcceptance) {
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        let requests = Self.requests(&generator)
        let notes = Notes()
        let stories = requests.map { $0.promptTokens + ScriptedModel.expectedOutput($0) }
        var harness = Self.harness(
            &generator, acceptance, DrafterKind(name: "noting") { NotingDrafter(notes: notes, stories: stories) })
        for request in requests { harness.core.submit(request) }
        harness.runUntilIdle()
        var said = requests.map { $0.promptTokens + (harness.outputs[$0.id] ?? []) }
        #expect(harness.core.statistics.draftedTokenCount > harness.core.statistics.acceptedTokenCount)

        // Whoever sends a guessed text as a prompt finds of it what was really said, and no block more.
        for (index, draft) in notes.all.enumerated() {
            let text = draft.tokens + draft.guesses
            let saidCount = said.map { zip($0, text).prefix { $0 == $1 }.count }.max() ?? 0
            let probe = GenerationRequest(
                id: RequestID(UInt64(1000 + index)), promptTokens: text, sampling: .greedy, maxOutputTokens: 1)
            #expect(harness.run(probe) == ScriptedModel.expectedOutput(probe))
            let cached = harness.summaries[probe.id]?.cachedTokenCount ?? 0
            #expect(cached <= saidCount, "\(cached) tokens were in the cache, \(saidCount) had been said")
            // From now on this text is a prompt that was computed.
            said.append(text)
        }
    }

    @Test(arguments: 0..<6, [DraftAcceptance.invariant, .rejection])
    func `are never billed and never counted`(seed: Int, acceptance: DraftAcceptance) {
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        let requests = Self.requests(&generator)
        let notes = Notes()
        let stories = requests.map { $0.promptTokens + ScriptedModel.expectedOutput($0) }
        let drafter =
            seed % 2 == 0
            ? DrafterKind.model : DrafterKind(name: "noting") { NotingDrafter(notes: notes, stories: stories) }
        var harness = Self.harness(&generator, acceptance, drafter)
        for request in requests { harness.core.submit(request) }
        harness.runUntilIdle()

        var (outputCount, draftedCount, acceptedCount) = (0, 0, 0)
        for request in requests {
            guard let summary = harness.summaries[request.id] else {
                Issue.record("\(request.id) never ended")
                continue
            }
            var emittedCount = harness.outputs[request.id]?.count ?? 0
            // The stop token is generated and not delivered.
            if case .stopToken = summary.reason { emittedCount += 1 }
            #expect(summary.outputTokenCount == emittedCount)
            #expect(summary.promptTokenCount == request.promptTokens.count)
            #expect(summary.acceptedTokenCount < summary.outputTokenCount)
            outputCount += emittedCount
            draftedCount += summary.draftedTokenCount
            acceptedCount += summary.acceptedTokenCount
        }
        let statistics = harness.core.statistics
        #expect(statistics.generatedTokenCount == UInt64(outputCount))
        #expect(statistics.promptTokenCount == UInt64(requests.reduce(0) { $0 + $1.promptTokens.count }))
        #expect(statistics.draftedTokenCount == UInt64(draftedCount) && draftedCount > acceptedCount)
        #expect(statistics.acceptedTokenCount == UInt64(acceptedCount) && acceptedCount > 0)
        #expect(statistics.acceptedTokenCountByPlace.reduce(0, +) == UInt64(acceptedCount))
        // Each place can come true only where the one before it did.
        let places = statistics.acceptedTokenCountByPlace
        #expect(zip(places, places.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(places[0] <= statistics.draftCount)
    }
}

extension ScriptedModel {
    /// As a draft model: right after two positions of three.
    fileprivate static func mistaken(blockCount: Int, tokensPerBlock: Int) -> ScriptedModel {
        let model = ScriptedModel(blockCount: blockCount, tokensPerBlock: tokensPerBlock)
        model.isWrongAfter = { $0 % 3 == 0 }
        return model
    }
}
