// AllocationTests.swift — a steady decode step allocates nothing, on any thread.

import Base
import CAllocations
import Engine
import Foundation
import Kernels
import Sampling
import TestSupport
import Testing
import Transformer

@Suite struct `A steady decode step` {
    /// In a process of its own, where nobody else allocates: an exit test.
    @Test(.enabled(if: callocations_are_counted(), "a sanitizer brings its own allocator"))
    func `allocates nothing, a hundred times`() async throws {
        let result = try #require(
            await #require(processExitsWith: .success, observing: [\.standardErrorContent]) {
                for cacheType in CacheType.allCases {
                    let count = try Self.allocationsOfHundredSteps(cacheType)
                    FileHandle.standardError.write(Data("\(cacheType): \(count) allocations\n".utf8))
                }
            } as ExitTest.Result?)
        let report = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(report == "f32: 0 allocations\nf16: 0 allocations\nint8: 0 allocations\n")
    }

    @Test(.enabled(if: callocations_are_counted(), "a sanitizer brings its own allocator"))
    func `would be caught allocating`() async throws {
        await #expect(processExitsWith: .success) {
            callocations_begin()
            let array = [Int](repeating: 1, count: CommandLine.arguments.count)
            let count = callocations_end()
            precondition(count >= 1 && array.count > 0)
        }
    }

    /// Eight requests of different samplers on two threads; blocks fill up and get names on the way.
    private static func allocationsOfHundredSteps(_ cacheType: CacheType) throws -> Int64 {
        var configuration = EngineConfiguration(maxModelLength: 512, blockCount: 300)
        configuration.maxRunningCount = 8
        var options = DecoderOptions(blockCount: configuration.blockCount, maxModelLength: 512)
        options.cacheType = cacheType
        options.maxRows = configuration.maxBatchedTokens
        options.maxLogitRows = configuration.maxLogitRows
        let model = try DecoderModel(
            try ModelCheckpoint(path: TestFiles.fixture("reference/llama-mha-f16")), options: options,
            pool: ThreadPool(threadCount: 2))
        let core = EngineCore(model: model, configuration: configuration)
        for index in 0..<8 {
            var sampling = SamplingParameters.greedy
            sampling.temperature = index == 0 ? 0 : 0.9
            sampling.topP = index % 2 == 0 ? 0.9 : 1
            sampling.topK = index % 3 == 0 ? 20 : 0
            sampling.minP = index % 5 == 0 ? 0.02 : 0
            sampling.repetitionPenalty = index == 6 ? 1.1 : 1
            sampling.frequencyPenalty = index == 7 ? 0.3 : 0
            sampling.seed = UInt64(index)
            let prompt = (0..<20 + 11 * index).map { TokenID(3 + ($0 * 17 + index) % 300) }
            core.submit(
                GenerationRequest(
                    id: RequestID(UInt64(index)), promptTokens: prompt, sampling: sampling, maxOutputTokens: 250))
        }

        var tokenCount = 0
        func step() {
            guard core.step() else { preconditionFailure("somebody ended too early") }
            core.drainEvents { tokenCount += $0.count }
        }
        for _ in 0..<40 { step() }
        tokenCount = 0
        callocations_begin()
        for _ in 0..<100 { step() }
        let allocations = callocations_end()
        precondition(tokenCount == 800, "eight requests decoded")
        return allocations
    }
}
