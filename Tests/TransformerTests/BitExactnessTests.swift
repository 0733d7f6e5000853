import Base
import Kernels
import TestSupport
import Testing
import Transformer

/// A row's bits depend on its token, its position and what is cached before it; here for the forward pass alone.
@Suite struct `Bits of a forward pass` {
    static let folder = TestFiles.fixture("reference/llama-mha-f16")
    static let tokens = (0..<300).map { TokenID(($0 * 37 + $0 / 11) % 331) }

    @Test(arguments: CacheType.allCases, KernelSet.available)
    func `are the same in one chunk, in many, and token by token`(cacheType: CacheType, kernels: KernelSet) throws {
        func runner(threads: Int = 1) throws -> SequenceRunner {
            try SequenceRunner(path: Self.folder, cacheType: cacheType, kernels: kernels, threads: threads)
        }
        let whole = try runner().extend(Self.tokens)
        for (chunk, threads) in [(1, 1), (7, 1), (16, 2), (100, 2), (300, 2)] {
            let runner = try runner(threads: threads)
            var pieces: [[Float]] = []
            for start in stride(from: 0, to: Self.tokens.count, by: chunk) {
                pieces += runner.extend(Array(Self.tokens[start..<min(start + chunk, Self.tokens.count)]))
            }
            #expect(bits(pieces) == bits(whole), "chunks of \(chunk), \(threads) threads")
        }
    }

    /// Windows of 24 in every layer, of 20 in all but the first, of 24 beside soft caps, of 24 with a rotary base of
    /// their own; 360 tokens cross a segment of the attention.
    @Test(arguments: ["mistral-window", "qwen2-window-sharded", "gemma2-caps", "gemma3-windows"], KernelSet.available)
    func `are the same however a sliding window's prompt is cut`(folder: String, kernels: KernelSet) throws {
        let tokens = (0..<360).map { TokenID(($0 * 37 + $0 / 11) % 300) }
        func extend(chunk: Int, threads: Int) throws -> [[UInt32]] {
            let runner = try SequenceRunner(
                path: TestFiles.fixture("reference/" + folder), kernels: kernels, threads: threads)
            return bits(
                stride(from: 0, to: tokens.count, by: chunk).flatMap {
                    runner.extend(Array(tokens[$0..<min($0 + chunk, tokens.count)]))
                })
        }
        let whole = try extend(chunk: tokens.count, threads: 1)
        for chunk in [1, 7, 16, 100] {
            for threads in [1, 2] {
                #expect(try extend(chunk: chunk, threads: threads) == whole, "chunks of \(chunk), \(threads) threads")
            }
        }
    }

    private func bits(_ logits: [[Float]]) -> [[UInt32]] { logits.map { $0.map(\.bitPattern) } }

    @Test func `f16 and f32 caches differ, so the cache's rounding is really read back`() throws {
        let rounded = try SequenceRunner(path: Self.folder, cacheType: .f16).extend(Self.tokens)
        let exact = try SequenceRunner(path: Self.folder, cacheType: .f32).extend(Self.tokens)
        #expect(rounded.last! != exact.last!)
        #expect(relativeError(rounded.last!, exact.last!) < 0.02)
    }

    @Test func `a block's copy serves as well as the block`() throws {
        let runner = try SequenceRunner(path: Self.folder)
        let model = runner.model
        var batch = ForwardBatch(tokensPerBlock: 16)
        let tokens = Array(Self.tokens.prefix(20))
        batch.append(tokens: tokens, range: 0..<20, blockTable: [3, 5], logits: .lastRow)
        model.forward(batch)
        let original = Array(model.logits(0))
        model.copyBlock(from: 3, to: 8)
        batch.removeAll()
        batch.append(tokens: tokens, range: 19..<20, blockTable: [8, 5], logits: .lastRow)
        model.forward(batch)
        #expect(Array(model.logits(0)) == original)
    }
}

@Suite struct `Forward batch` {
    @Test func `lays out rows, slots and wanted logits of several requests`() {
        var batch = ForwardBatch(tokensPerBlock: 4)
        batch.append(tokens: [9, 8, 7, 6, 5, 4], range: 5..<6, blockTable: [7, 2], logits: .lastRow)
        batch.append(tokens: [1, 2, 3, 4, 5], range: 0..<4, blockTable: [4, 0], logits: .none)
        batch.append(tokens: [6, 7], range: 0..<2, blockTable: [5], logits: .everyRow)
        #expect(batch.tokens_T == [4, 1, 2, 3, 4, 6, 7])
        #expect(batch.positions_T == [5, 0, 1, 2, 3, 0, 1])
        #expect(batch.slots_T == [9, 16, 17, 18, 19, 20, 21])
        #expect(batch.tableOffsets_T == [0, 2, 2, 2, 2, 4, 4])
        #expect(batch.blockTables == [7, 2, 4, 0, 5])
        #expect(batch.logitRows == [0, 5, 6])
        batch.removeAll()
        #expect(batch.rowCount == 0 && batch.blockTables.isEmpty && batch.logitRows.isEmpty)
    }
}
