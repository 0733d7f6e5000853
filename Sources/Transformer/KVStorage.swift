// KVStorage.swift — the memory of the paged cache: keys and values of every block, all layers.
// Transformer.  Bookkeeping (who holds which block) is Engine/Cache; PagedAttention, arXiv:2309.06180.

import Base
package import Kernels

/// Keys and values `[L, 2, P, G, C, K]`: per layer, keys then values; per block and KV head, C tokens in a row.
///
/// Allocated once at its full size; pages that no block has used yet cost no memory.
package final class KVStorage {
    package let elementType: CacheType
    package let blockCount: Int
    package let tokensPerBlock: Int
    private let buffer: AlignedBuffer<UInt8>
    private let configuration: ModelConfiguration
    private let bytesPerBlock: Int

    /// - Throws: `AllocationError` when the size overflows or the memory cannot be had.
    package init(
        _ configuration: ModelConfiguration, elementType: CacheType, blockCount: Int, tokensPerBlock: Int
    ) throws(AllocationError) {
        let bytesPerBlock =
            configuration.keyValueHeadCount * tokensPerBlock * elementType.byteCount(headWidth: configuration.headWidth)
        guard let byteCount = checkedProduct([configuration.layerCount, 2, blockCount, bytesPerBlock]) else {
            throw .tooLarge(count: blockCount, stride: configuration.layerCount * 2 * bytesPerBlock)
        }
        buffer = try AlignedBuffer(count: byteCount)
        self.configuration = configuration
        self.elementType = elementType
        self.blockCount = blockCount
        self.tokensPerBlock = tokensPerBlock
        self.bytesPerBlock = bytesPerBlock
    }

    package var byteCount: Int { buffer.count }

    private func base(layer: Int, half: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(buffer.baseAddress) + (layer * 2 + half) * blockCount * bytesPerBlock
    }

    /// One layer's keys and values, as the kernels read and write them.
    package func layer(_ index: Int) -> KVLayer {
        KVLayer(
            keys: base(layer: index, half: 0), values: base(layer: index, half: 1), elementType: elementType,
            blockCount: blockCount, tokensPerBlock: tokensPerBlock, headCount: configuration.keyValueHeadCount,
            headWidth: configuration.headWidth)
    }

    /// Copies a block's keys and values in every layer.
    package func copyBlock(from source: Int, to destination: Int) {
        precondition(source < blockCount && destination < blockCount && source >= 0 && destination >= 0)
        for layer in 0..<configuration.layerCount {
            for half in 0..<2 {
                let base = base(layer: layer, half: half)
                (base + destination * bytesPerBlock).copyMemory(
                    from: base + source * bytesPerBlock, byteCount: bytesPerBlock)
            }
        }
    }
}
