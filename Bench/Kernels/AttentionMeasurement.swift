// AttentionMeasurement.swift — attention of one decoding row, and of a chunk of a prompt, over a paged cache.
// Bench › Kernels.

import Kernels

struct AttentionFigure {
    let model: String
    let type: CacheType
    let context: Int
    let rows: Int
    let figure: KernelFigure
}

extension ModelShape {
    private static let tokensPerBlock = 16

    /// One row, and the last 64 of a prompt, with `context` tokens before and including the last.
    func measureAttention(_ type: CacheType, _ contexts: [Int], _ pool: ThreadPool) throws -> [AttentionFigure] {
        var figures: [AttentionFigure] = []
        for context in contexts {
            let cache = try BenchmarkCache(self, type, context: context, pool)
            for rows in [1, 64] where rows <= context {
                let seconds = try cache.median(rows: rows, pool)
                // Row r of the chunk sees all but the last rows − 1 − r tokens.
                let seen = rows * context - rows * (rows - 1) / 2
                let figure = KernelFigure(
                    operations: 4 * Double(seen * H * K), bytes: Double(cache.byteCountOfContext), seconds: seconds)
                figures.append(AttentionFigure(model: name, type: type, context: context, rows: rows, figure: figure))
            }
        }
        return figures
    }

    /// Layers enough to fill the working set, each with the same request's keys and values, its blocks shuffled.
    private struct BenchmarkCache {
        let shape: ModelShape
        let context: Int
        let layers: [KVLayer]
        let blockTable: [Int32]
        private let buffers: [SharedBuffer<UInt8>]

        var byteCountOfContext: Int {
            2 * shape.G * context * layers[0].elementType.byteCount(headWidth: shape.K)
        }

        init(_ shape: ModelShape, _ type: CacheType, context: Int, _ pool: ThreadPool) throws {
            self.shape = shape
            self.context = context
            let blockCount = (context + tokensPerBlock - 1) / tokensPerBlock
            // A stride without a common divisor visits every block, never two neighbours.
            let step = [7, 11, 13].first { blockCount % $0 != 0 } ?? 1
            let blockTable = (0..<blockCount).map { Int32($0 * step % blockCount) }
            let byteCount = shape.G * blockCount * tokensPerBlock * type.byteCount(headWidth: shape.K)
            var buffers: [SharedBuffer<UInt8>] = []
            var layers: [KVLayer] = []
            let columns = shape.G * shape.K
            let numbers = try AlignedBuffer<Float>(count: context * columns)
            for index in 0..<numbers.count { numbers.baseAddress[index] = Float(index % 61 - 30) / 30 }
            let slots = (0..<context).map { blockTable[$0 / tokensPerBlock] * 16 + Int32($0 % tokensPerBlock) }
            for _ in 0..<WorkingSet.count(of: 2 * byteCount) {
                let keys = try SharedBuffer<UInt8>(count: byteCount)
                let values = try SharedBuffer<UInt8>(count: byteCount)
                let layer = KVLayer(
                    keys: keys.baseAddress, values: values.baseAddress, elementType: type, blockCount: blockCount,
                    tokensPerBlock: tokensPerBlock, headCount: shape.G, headWidth: shape.K)
                let rows = MatrixView(numbers.baseAddress, rows: context, columns: columns)
                slots.withUnsafeBufferPointer { slots in
                    storeKeysValues(
                        keys: rows, values: rows, slotMapping: slots.baseAddress!, into: layer, pool: pool)
                }
                buffers += [keys, values]
                layers.append(layer)
            }
            self.buffers = buffers
            self.layers = layers
            self.blockTable = blockTable
        }

        func median(rows: Int, _ pool: ThreadPool) throws -> Double {
            let columns = shape.H * shape.K
            let query = try AlignedBuffer<Float>(count: rows * columns)
            for index in 0..<query.count { query.baseAddress[index] = Float(index % 23 - 11) / 11 }
            let result = try AlignedBuffer<Float>(count: rows * columns)
            let scratch = try AttentionScratch(
                headCount: shape.H, kvHeadCount: shape.G, headWidth: shape.K, maximumContext: context,
                threadCount: pool.threadCount)
            let positions = (0..<rows).map { Int32(context - rows + $0) }
            let starts = [Int32](repeating: 0, count: rows)
            let (query_TD, result_TD) = (
                MatrixView(query.baseAddress, rows: rows, columns: columns),
                MutableMatrixView(result.baseAddress, rows: rows, columns: columns)
            )
            return positions.withUnsafeBufferPointer { positions in
                starts.withUnsafeBufferPointer { starts in
                    blockTable.withUnsafeBufferPointer { table in
                        let attentionRows = AttentionRows(
                            count: rows, positions: positions.baseAddress!, tableStarts: starts.baseAddress!,
                            blockTable: table.baseAddress!, blockTableCount: table.count)
                        attentionRows.check(against: layers[0])
                        return Stopwatch.median { turn in
                            attend(
                                query_TD, layer: layers[turn % layers.count], rows: attentionRows,
                                headCount: shape.H, scale: 1 / Float(shape.K).squareRoot(), into: result_TD,
                                scratch: scratch, pool: pool)
                        }
                    }
                }
            }
        }
    }
}
