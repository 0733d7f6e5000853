import Base
import Engine
import Foundation
import Kernels
import Sampling
import TestSupport
import Testing
import Transformer

/// Every drafter, length of draft, batch, preemption, chunk and cache: a product of which `make test` takes a fixed
/// sample and `make test-slow` everything.
@Suite struct `Exactness of speculation` {
    private static let takesEverything = ProcessInfo.processInfo.environment["SWIFTLET_SLOW_TESTS"] != nil

    private static func companies(_ draftPaths: [String]) -> [Company] {
        var all: [Company] = []
        let drafters = [DrafterKind.lookup, .suffix].map { ($0, "") } + draftPaths.map { (DrafterKind.model, $0) }
        for (drafter, draftPath) in drafters {
            for (draftCount, batch) in (1...8).flatMap({ count in (1...16).map { (count, $0) } }) {
                for (preemptEvery, chunk) in [0, 5].flatMap({ every in [7, 48, 512].map { (every, $0) } }) {
                    for isWarm in [false, true] {
                        all.append(
                            Company(
                                threads: 1 + (draftCount + batch) % 2, blocks: batch % 3 == 0 ? 40 : 400,
                                maxBatchedTokens: chunk, maxRunning: batch, arrivalGap: batch % 4,
                                preemptEvery: preemptEvery, isWarm: isWarm, drafter: drafter, draftCount: draftCount,
                                draftPath: draftPath))
                    }
                }
            }
        }
        guard !takesEverything else { return all }
        var generator = SeededGenerator(seed: 6)
        return Array(all.shuffled(using: &generator).prefix(40))
    }

    /// The target guesses for itself, and a stranger guesses for it: right always, and right by chance.
    @Test func `tokens and logits are the same bits with any guesses`() throws {
        let path = TestFiles.fixture("reference/llama-mha-f16")
        let stranger = TestFiles.fixture("reference/llama-tied-bf16")
        typealias Models = `Exactness of models`
        let vocabularySize = try Models.makeCore(path, Company(), .best, .f16).0.limits(kvCacheBytes: 0).vocabularySize
        let requests = Models.makeRequests(vocabularySize)
        let expected = try Models.alone(requests, path, .best, .f16)
        var (companyCount, draftedCount, acceptedCount) = (0, 0 as UInt64, 0 as UInt64)
        for (index, company) in Self.companies([path, stranger]).enumerated() {
            var generator = SeededGenerator(seed: UInt64(index + 1))
            let (core, model) = try Models.makeCore(path, company, .best, .f16)
            if company.isWarm { _ = Models.run(Models.earlier(requests), core, model, company, &generator) }
            let found = Models.run(requests, core, model, company, &generator)
            for request in requests {
                #expect(found[request.id] == expected[request.id], "\(request.id) in \(company)")
            }
            let statistics = core.statistics
            #expect(statistics.usedBlockCount == 0)
            // Prompts come first: of so few rows they may leave none to guesses.
            #expect(statistics.draftedTokenCount > 0 || company.maxBatchedTokens < 16)
            if company.draftPath == path {
                // A stop token ends its request before it is compared with its guess.
                let refusedCount = statistics.draftedTokenCount - statistics.acceptedTokenCount
                #expect(refusedCount <= statistics.finishedByStop, "\(company)")
            }
            companyCount += 1
            draftedCount += statistics.draftedTokenCount
            acceptedCount += statistics.acceptedTokenCount
        }
        #expect(acceptedCount > 0 && acceptedCount < draftedCount)
        let tokenCount = expected.values.reduce(0) { $0 + $1.tokens.count }
        print(
            "\(companyCount) companies of \(requests.count) requests, \(companyCount * tokenCount) tokens equal;"
                + " \(acceptedCount) of \(draftedCount) guesses came true")
    }
}
