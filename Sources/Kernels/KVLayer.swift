// KVLayer.swift — one layer of the paged key/value cache, as the kernels see it.
// Kernels.  Transformer's KVStorage owns the memory; Engine's BlockPool decides what lies where.

internal import CKernels

/// Borrowed keys and values of one layer, in blocks of C tokens.
///
///     keys    [P, G, K, C]   inside a block and head feature by feature: a vector holds one feature of C tokens,
///                            so scores need no sum across lanes and no transposition
///     values  [P, G, C, K]   token by token
///
/// Both are `P·G·C·K` numbers; in an int8 cache, the C scales of a block and KV head stand behind its `C·K` integers.
/// A block is one contiguous run in each: copying a block copies `blockByteCount` bytes twice, whatever the order
/// inside.
package struct KVLayer {
    package let keys: UnsafeMutableRawPointer
    package let values: UnsafeMutableRawPointer
    package let elementType: CacheType
    /// P, blocks in the pool.
    package let blockCount: Int
    /// C: 16, 32, 64, 128 or 256.
    package let tokensPerBlock: Int
    /// G.
    package let headCount: Int
    /// K, at most 256.
    package let headWidth: Int

    package init(
        keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer, elementType: CacheType, blockCount: Int,
        tokensPerBlock: Int, headCount: Int, headWidth: Int
    ) {
        precondition(Self.supportedTokensPerBlock.contains(tokensPerBlock), "no blocks of \(tokensPerBlock) tokens")
        precondition(
            blockCount >= 0 && headCount > 0 && headWidth > 0 && headWidth <= Self.maximumHeadWidth,
            "no cache of \(blockCount) blocks, \(headCount) heads of \(headWidth)")
        // Slots are Int32.
        precondition(blockCount <= Int(Int32.max) / tokensPerBlock, "\(blockCount) blocks are too many")
        self.keys = keys
        self.values = values
        self.elementType = elementType
        self.blockCount = blockCount
        self.tokensPerBlock = tokensPerBlock
        self.headCount = headCount
        self.headWidth = headWidth
    }

    /// Block sizes that divide a segment of the attention and are whole vectors of every kernel version.
    package static let supportedTokensPerBlock: [Int] = [16, 32, 64, 128, 256]
    package static let maximumHeadWidth = CK_MAXIMUM_HEAD_WIDTH

    /// Bytes of one block's keys, and of its values.
    package var blockByteCount: Int { headCount * tokensPerBlock * elementType.byteCount(headWidth: headWidth) }

    var arguments: ck_kv_layer {
        ck_kv_layer(
            keys: keys, values: values, element_type: elementType.rawValue, tokens_per_block: Int32(tokensPerBlock),
            block_count: blockCount, head_count: headCount, head_width: headWidth)
    }
}

/// Writes this step's keys and values into their slots, rounded to the cache's type.
///
/// - Parameter slotMapping_T: `block · C + offset` of each row; a negative slot stores nothing.
/// - Precondition: slots lie in the pool, and no two rows share one.
package func storeKeysValues(
    keys key_TD: MatrixView, values value_TD: MatrixView, slotMapping slotMapping_T: UnsafePointer<Int32>,
    into layer: KVLayer, pool: ThreadPool
) {
    let width = layer.headCount * layer.headWidth
    precondition(
        key_TD.columns == width && value_TD.columns == width && key_TD.rows == value_TD.rows,
        "keys or values are not rows of \(width)")
    for row in 0..<key_TD.rows {
        precondition(
            Int(slotMapping_T[row]) < layer.blockCount * layer.tokensPerBlock,
            "slot \(slotMapping_T[row]) outside a pool of \(layer.blockCount) blocks")
    }
    let slices = RowSlices(rows: key_TD.rows, columns: 2 * width, pool: pool)
    var arguments = ck_store(
        layer: layer.arguments, key: key_TD.pointer, value: value_TD.pointer, key_stride: key_TD.rowStride,
        value_stride: value_TD.rowStride, slot: slotMapping_T, row_count: key_TD.rows,
        rows_per_slice: slices.rowsPerSlice)
    pool.run(sliceCount: slices.count, &arguments, pool.kernels.table.store)
}
