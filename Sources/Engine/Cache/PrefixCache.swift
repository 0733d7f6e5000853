// PrefixCache.swift — which block holds the keys and values of which prefix.
// Engine › Cache.  A block's name is a keyed hash of its tokens and of its parent's name: equal names mean equal whole
// prefixes. vLLM's idea, with two additions: the key is secret, and tokens are compared on a hit.

package import Base

/// Names a full block: SipHash-2-4-128 over (parent's name or namespace, the block's tokens), with a per-process key.
package typealias BlockHash = Hash128

/// Derives block names.
package struct BlockHasher: Sendable {
    private let key: SipHashKey
    /// Another one for what is no block, so that no client's salt can spell a block's name.
    private let rootKey: SipHashKey

    /// - Parameter key: secret by default, so that nobody outside can construct two prompts whose blocks share a name.
    package init(key: SipHashKey = .random()) {
        self.key = key
        rootKey = SipHashKey(key.k0 ^ 0x726f_6f74, key.k1)
    }

    /// The name that the first block's parent would have. - Complexity: O(salt).
    package func root(_ namespace: CacheNamespace) -> BlockHash {
        var hash = SipHash128(key: rootKey)
        hash.append(UInt64(namespace.tenant))
        hash.append(namespace.salt)
        return hash.finish()
    }

    /// Where a namespace begins behind a prefix that everybody shares: the parent of the first block that is not shared.
    package func branch(_ namespace: CacheNamespace, behind shared: BlockHash) -> BlockHash {
        var hash = SipHash128(key: rootKey)
        hash.append(root(namespace))
        hash.append(shared)
        return hash.finish()
    }

    package func child(of parent: BlockHash, tokens: ArraySlice<TokenID>) -> BlockHash {
        var hash = SipHash128(key: key)
        hash.append(parent)
        hash.append(tokens)
        return hash.finish()
    }
}

/// Maps names of full, computed, verified blocks to the block that holds them.
package struct PrefixCache {
    private var blocks: [BlockHash: BlockID] = [:]
    /// Per block: its name, its parent's, and its tokens, to compare on a hit.
    private var names: [BlockHash?]
    private var parents: [BlockHash?]
    private var tokens_PC: [TokenID]
    private let tokensPerBlock: Int

    package init(blockCount: Int, tokensPerBlock: Int) {
        names = [BlockHash?](repeating: nil, count: blockCount)
        parents = [BlockHash?](repeating: nil, count: blockCount)
        tokens_PC = [TokenID](repeating: 0, count: blockCount * tokensPerBlock)
        self.tokensPerBlock = tokensPerBlock
        // As many names as blocks, at most.
        blocks.reserveCapacity(blockCount)
    }

    package var count: Int { blocks.count }

    /// The block with this name, provided that it really holds these tokens under this parent.
    /// - Complexity: O(tokens per block).
    package func block(_ name: BlockHash, parent: BlockHash, tokens: ArraySlice<TokenID>) -> BlockID? {
        guard let block = blocks[name], parents[block.index] == parent else { return nil }
        let start = block.index * tokensPerBlock
        return tokens_PC[start..<start + tokensPerBlock].elementsEqual(tokens) ? block : nil
    }

    /// Registers a block's contents.
    /// - Returns: false when another block already has this name; the newcomer then stays anonymous.
    package mutating func insert(
        _ block: BlockID, name: BlockHash, parent: BlockHash, tokens: ArraySlice<TokenID>
    ) -> Bool {
        precondition(names[block.index] == nil && tokens.count == tokensPerBlock)
        guard blocks[name] == nil else { return false }
        blocks[name] = block
        names[block.index] = name
        parents[block.index] = parent
        tokens_PC.replaceSubrange(
            block.index * tokensPerBlock..<(block.index + 1) * tokensPerBlock, with: tokens)
        return true
    }

    /// Forgets a block that is about to be overwritten.
    package mutating func remove(_ block: BlockID) {
        guard let name = names[block.index] else { return }
        blocks[name] = nil
        names[block.index] = nil
        parents[block.index] = nil
    }

    /// What a block holds; nil where that means nothing.
    func tokens(of block: BlockID) -> [TokenID]? {
        guard contains(block) else { return nil }
        return Array(tokens_PC[block.index * tokensPerBlock..<(block.index + 1) * tokensPerBlock])
    }

    package func contains(_ block: BlockID) -> Bool { names[block.index] != nil }

    package func checkInvariants() {
        for (name, block) in blocks { precondition(names[block.index] == name, "\(block) does not know its name") }
        precondition(names.count { $0 != nil } == blocks.count, "a name is registered for two blocks")
    }
}
