// EncoderInput.swift — a text as the encoder reads it, and many texts flattened into one pass.
// Transformer › Encoder.

package import Base
import Kernels

/// The tokens of a text, or of a pair of texts, special tokens included.
package struct EncoderInput: Sendable, Equatable {
    package var tokens: [TokenID]
    /// Where the second text begins; `tokens.count` if there is one text only.
    package var secondStart: Int

    package init(_ tokens: [TokenID], secondStart: Int? = nil) {
        self.tokens = tokens
        self.secondStart = secondStart ?? tokens.count
    }
}

/// The rows of one pass: whole texts, one after the other, without padding.
///
///     row         0     1     2     3     4     5     6
///     text        A     A     A     B     B     B     B        starts: 0, 3
///     position    0     1     2     0     1     2     3        looked up in the table of places
///     sees        2     2     2     3     3     3     3        the text's last position: attention is causal
///                                                              attention of a row that stands at the end
///     block       0     0     0     1     1     1     1        keys and values of a text lie in blocks of its own
struct EncoderBatch {
    let maxRows: Int
    let blockCount: Int
    let tokensPerBlock: Int
    let positionCount: Int

    private(set) var tokens_T: [TokenID] = []
    /// Rows of `EncoderWeights.placeEmbedding`.
    private(set) var places_T: [TokenID] = []
    private(set) var lastPositions_T: [Int32] = []
    private(set) var slots_T: [Int32] = []
    private(set) var tableStarts_T: [Int32] = []
    /// Entry j is block j: texts take the blocks in order.
    let blockTable: [Int32]
    /// Each text's rows.
    private(set) var texts: [Range<Int>] = []
    private var usedBlocks = 0

    init(maxRows: Int, blockCount: Int, tokensPerBlock: Int, positionCount: Int) {
        self.maxRows = maxRows
        self.blockCount = blockCount
        self.tokensPerBlock = tokensPerBlock
        self.positionCount = positionCount
        blockTable = Array(0..<Int32(blockCount))
    }

    mutating func removeAll() {
        tokens_T.removeAll(keepingCapacity: true)
        places_T.removeAll(keepingCapacity: true)
        lastPositions_T.removeAll(keepingCapacity: true)
        slots_T.removeAll(keepingCapacity: true)
        tableStarts_T.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        usedBlocks = 0
    }

    /// Adds a text; false, and nothing is added, when the pass has no room left for it.
    mutating func append(_ input: EncoderInput) -> Bool {
        let count = input.tokens.count
        let blocks = (count + tokensPerBlock - 1) / tokensPerBlock
        guard tokens_T.count + count <= maxRows, usedBlocks + blocks <= blockCount else { return false }
        let start = tokens_T.count
        tokens_T += input.tokens
        for position in 0..<count {
            places_T.append(TokenID(position < input.secondStart ? position : positionCount + position))
            lastPositions_T.append(Int32(count - 1))
            slots_T.append(Int32(usedBlocks * tokensPerBlock + position))
            tableStarts_T.append(Int32(usedBlocks))
        }
        texts.append(start..<start + count)
        usedBlocks += blocks
        return true
    }
}
