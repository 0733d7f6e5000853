// PagedCache.swift — a random paged cache of some requests, whose unused slots hold NaN, with an f64 reference.

import Kernels

struct PagedCache {
    let type: CacheType
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
        _ type: CacheType, headCount: Int, headWidth: Int, context: Int, tokensPerBlock: Int = 16,
        placement: UInt64 = 1, pool: ThreadPool, random: inout SplitMix
    ) throws {
        try self.init(
            type, headCount: headCount, headWidth: headWidth, contexts: [context], tokensPerBlock: tokensPerBlock,
            placement: placement, pool: pool, random: &random)
    }

    init(
        _ type: CacheType, headCount: Int, headWidth: Int, contexts: [Int], tokensPerBlock: Int = 16,
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

        let byteCount = blockCount * tokensPerBlock * headCount * type.byteCount(headWidth: headWidth)
        keys = try SharedBuffer(count: byteCount)
        values = try SharedBuffer(count: byteCount)
        // All ones is a NaN, in int8 caches the scale.
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
            let block = Int(tables[0][position / tokensPerBlock])
            let offset = position % tokensPerBlock
            for head in 0..<headCount {
                for feature in 0..<headWidth {
                    for index in keyBytes(block, head, offset, feature) { keys.baseAddress[index] = 0xff }
                    for index in valueBytes(block, head, offset, feature) { values.baseAddress[index] = 0xff }
                }
                guard type == .int8 else { continue }
                for index in scaleBytes(block, head, offset) {
                    (keys.baseAddress[index], values.baseAddress[index]) = (0xff, 0xff)
                }
            }
        }
    }

    /// The bound of scores; nil: none.
    var softCap: Float?

    var scale: Float { 1 / Float(headWidth).squareRoot() }

    // MARK: - Where the numbers lie, and what they become

    private var elementBytes: Int { [.f32: 4, .f16: 2, .int8: 1][type]! }

    private func start(_ block: Int, _ head: Int) -> Int {
        (block * headCount + head) * tokensPerBlock * type.byteCount(headWidth: headWidth)
    }

    func keyBytes(_ block: Int, _ head: Int, _ offset: Int, _ feature: Int) -> Range<Int> {
        let first = start(block, head) + (feature * tokensPerBlock + offset) * elementBytes
        return first..<first + elementBytes
    }

    func valueBytes(_ block: Int, _ head: Int, _ offset: Int, _ feature: Int) -> Range<Int> {
        let first = start(block, head) + (offset * headWidth + feature) * elementBytes
        return first..<first + elementBytes
    }

    /// Int8 only: behind the integers, one f32 per token.
    func scaleBytes(_ block: Int, _ head: Int, _ offset: Int) -> Range<Int> {
        let first = start(block, head) + tokensPerBlock * headWidth + 4 * offset
        return first..<first + 4
    }

    /// The number stored there, times its scale.
    func stored(_ buffer: SharedBuffer<UInt8>, _ number: Range<Int>, scale: Range<Int>) -> Double {
        let bytes = UnsafeRawPointer(buffer.baseAddress)
        return switch type {
        case .f32: Double(bytes.load(fromByteOffset: number.lowerBound, as: Float.self))
        case .f16: Double(bytes.load(fromByteOffset: number.lowerBound, as: Float16.self))
        case .int8:
            Double(bytes.load(fromByteOffset: number.lowerBound, as: Int8.self))
                * Double(bytes.load(fromByteOffset: scale.lowerBound, as: Float.self))
        }
    }

    /// What the cache keeps of keys or values `[S, G·K]`.
    func rounded(_ numbers: [Float]) -> [Double] {
        switch type {
        case .f32: return numbers.map { Double($0) }
        case .f16: return numbers.map { Double(Float16($0)) }
        case .int8:
            return stride(from: 0, to: numbers.count, by: headWidth).flatMap { start in
                let head = numbers[start..<start + headWidth]
                let largest = head.map(abs).max() ?? 0
                let inverse = largest > 0 ? 127 / largest : 0
                return head.map { Double(($0 * inverse).rounded(.toNearestOrEven)) * Double(largest / 127) }
            }
        }
    }

    /// Softmax attention as the formula says, in f64, over the keys and values as the cache keeps them, or exact.
    func reference(
        _ query: [Float], first: Int, headCount heads: Int, window: Int = .max, exact: Bool = false
    ) -> [Double] {
        let columns = headCount * headWidth
        let keys = exact ? key[0].map { Double($0) } : rounded(key[0])
        let values = exact ? value[0].map { Double($0) } : rounded(value[0])
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
