// PagedCache.swift — a random paged cache of some requests, whose unused slots hold NaN, with an f64 reference.

import Kernels

struct PagedCache {
    let type: ElementType
    let headCount: Int
    let headWidth: Int
    let tokensPerBlock: Int
    let blockCount: Int
    let keys: SharedBuffer<UInt8>
    let values: SharedBuffer<UInt8>
    /// Per request: its block table, and its keys and values `[S, G·K]` before rounding.
    let tables: [[Int32]]
    let key: [[Float]]
    let value: [[Float]]

    init(
        _ type: ElementType, headCount: Int, headWidth: Int, context: Int, tokensPerBlock: Int = 16,
        placement: UInt64 = 1, pool: ThreadPool, random: inout SplitMix
    ) throws {
        try self.init(
            type, headCount: headCount, headWidth: headWidth, contexts: [context], tokensPerBlock: tokensPerBlock,
            placement: placement, pool: pool, random: &random)
    }

    init(
        _ type: ElementType, headCount: Int, headWidth: Int, contexts: [Int], tokensPerBlock: Int = 16,
        placement: UInt64 = 1, pool: ThreadPool, random: inout SplitMix
    ) throws {
        self.type = type
        self.headCount = headCount
        self.headWidth = headWidth
        self.tokensPerBlock = tokensPerBlock
        let needed = contexts.map { ($0 + tokensPerBlock - 1) / tokensPerBlock }
        blockCount = needed.reduce(0, +) + 3
        var placing = SplitMix(placement)
        var free = (0..<Int32(blockCount)).shuffled(using: &placing)
        tables = needed.map { count in (0..<count).map { _ in free.removeLast() } }

        let byteCount = blockCount * tokensPerBlock * headCount * headWidth * type.bytesPerBlock
        keys = try SharedBuffer(count: byteCount)
        values = try SharedBuffer(count: byteCount)
        // All ones is a NaN in both types.
        for index in 0..<byteCount { (keys.baseAddress[index], values.baseAddress[index]) = (0xff, 0xff) }

        var key: [[Float]] = []
        var value: [[Float]] = []
        for context in contexts {
            key.append(random.floats(context * headCount * headWidth).map { 2 * $0 })
            value.append(random.floats(context * headCount * headWidth))
        }
        self.key = key
        self.value = value
        for request in contexts.indices { store(request, count: contexts[request], pool: pool) }
    }

    var layer: KVLayer {
        KVLayer(
            keys: keys.baseAddress, values: values.baseAddress, elementType: type, blockCount: blockCount,
            tokensPerBlock: tokensPerBlock, headCount: headCount, headWidth: headWidth)
    }

    private func store(_ request: Int, count: Int, pool: ThreadPool) {
        let slots = (0..<count).map { position in
            tables[request][position / tokensPerBlock] * Int32(tokensPerBlock) + Int32(position % tokensPerBlock)
        }
        let columns = headCount * headWidth
        key[request].withUnsafeBufferPointer { key in
            value[request].withUnsafeBufferPointer { value in
                storeKeysValues(
                    keys: MatrixView(key.baseAddress!, rows: count, columns: columns),
                    values: MatrixView(value.baseAddress!, rows: count, columns: columns), slotMapping: slots,
                    into: layer, pool: pool)
            }
        }
    }

    /// Rows `first…` of the only request.
    func attend(
        _ query: [Float], first: Int, headCount heads: Int, window: Int? = nil, pool: ThreadPool
    ) throws -> [Float] {
        let rows = (0..<query.count / (heads * headWidth)).map { (request: 0, position: first + $0) }
        return try attend(query, rows: rows, headCount: heads, window: window, pool: pool)
    }

    func attend(
        _ query: [Float], rows: [(request: Int, position: Int)], headCount heads: Int, window: Int? = nil,
        pool: ThreadPool
    ) throws -> [Float] {
        var starts: [Int32] = []
        var flat: [Int32] = []
        for table in tables {
            starts.append(Int32(flat.count))
            flat += table
        }
        let scratch = try AttentionScratch(
            headCount: heads, kvHeadCount: headCount, headWidth: headWidth, maximumContext: 2048,
            threadCount: pool.threadCount)
        var context = [Float](repeating: .nan, count: query.count)
        let positions = rows.map { Int32($0.position) }
        let tableStarts = rows.map { starts[$0.request] }
        context.withUnsafeMutableBufferPointer { context in
            query.withUnsafeBufferPointer { query in
                positions.withUnsafeBufferPointer { positions in
                    tableStarts.withUnsafeBufferPointer { tableStarts in
                        flat.withUnsafeBufferPointer { flat in
                            let attentionRows = AttentionRows(
                                count: rows.count, positions: positions.baseAddress!,
                                tableStarts: tableStarts.baseAddress!, blockTable: flat.baseAddress!,
                                blockTableCount: flat.count)
                            attentionRows.check(against: layer)
                            Kernels.attend(
                                MatrixView(query.baseAddress!, rows: rows.count, columns: heads * headWidth),
                                layer: layer, rows: attentionRows, headCount: heads, scale: scale,
                                softCap: softCap, window: window,
                                into: MutableMatrixView(
                                    context.baseAddress!, rows: rows.count, columns: heads * headWidth),
                                scratch: scratch, pool: pool)
                        }
                    }
                }
            }
        }
        return context
    }

    /// Overwrites what the only request keeps of `positions` with NaN.
    func poison(_ positions: Range<Int>) {
        for position in positions {
            for head in 0..<headCount {
                let base = (Int(tables[0][position / tokensPerBlock]) * headCount + head) * headWidth * tokensPerBlock
                let offset = position % tokensPerBlock
                for feature in 0..<headWidth {
                    for byte in 0..<type.bytesPerBlock {
                        let key = (base + feature * tokensPerBlock + offset) * type.bytesPerBlock + byte
                        let value = (base + offset * headWidth + feature) * type.bytesPerBlock + byte
                        (keys.baseAddress[key], values.baseAddress[value]) = (0xff, 0xff)
                    }
                }
            }
        }
    }

    /// The bound of scores; nil: none.
    var softCap: Float?

    var scale: Float { 1 / Float(headWidth).squareRoot() }

    /// What the cache keeps of a number.
    func rounded(_ number: Float) -> Float { type == .f16 ? Float(Float16(number)) : number }

    func stored(_ buffer: SharedBuffer<UInt8>, _ index: Int) -> Float {
        let bytes = UnsafeRawPointer(buffer.baseAddress)
        return type == .f16
            ? Float(bytes.load(fromByteOffset: 2 * index, as: Float16.self))
            : bytes.load(fromByteOffset: 4 * index, as: Float.self)
    }

    /// Softmax attention as the formula says, in f64, over the rounded keys and values.
    func reference(_ query: [Float], first: Int, headCount heads: Int, window: Int = .max) -> [Double] {
        let columns = headCount * headWidth
        let keys = key[0].map { Double(rounded($0)) }
        let values = value[0].map { Double(rounded($0)) }
        var result: [Double] = []
        for row in 0..<query.count / (heads * headWidth) {
            for head in 0..<heads {
                let offset = head / (heads / headCount) * headWidth
                let position = first + row
                let begin = position < window ? 0 : position - window + 1
                let scores = (begin...position).map { token in
                    (0..<headWidth).reduce(0.0) { sum, feature in
                        sum + Double(query[(row * heads + head) * headWidth + feature])
                            * keys[token * columns + offset + feature]
                    } * Double(scale)
                }.map { score in softCap.map { Double($0) * hyperbolicTangent(score / Double($0)) } ?? score }
                let largest = scores.max() ?? 0
                let weights = scores.map { exponential($0 - largest) }
                let total = weights.reduce(0, +)
                for feature in 0..<headWidth {
                    let sum = weights.indices.reduce(0.0) {
                        $0 + weights[$1] * values[(begin + $1) * columns + offset + feature]
                    }
                    result.append(sum / total)
                }
            }
        }
        return result
    }
}
