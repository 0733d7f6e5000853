// ForwardBatch.swift — one step's rows, flat and ragged: every request's new tokens in one batch.
// Transformer.  Filled by the engine's runner, read by a `LanguageModel`.  T rows, B requests.

package import Base

/// Which rows of a request's range choose, or are asked about, a next token.
package enum LogitsWanted: Sendable {
    case none
    case lastRow
    case everyRow
}

/// The rows of one forward pass. Rows of one request are adjacent and in order of position.
///
///     row         0     1     2     3     4     5
///     request     A     B     C ─────────────────      A and B decode, C computes four prompt tokens
///     position    91    17    32    33    34    35
///     logits      yes   yes   no    no    no    yes    only a request's last row can choose a token
///
/// The arrays keep their storage from step to step.
package struct ForwardBatch: Sendable {
    package private(set) var tokens_T: [TokenID] = []
    /// Index of the row's token in its sequence, from 0.
    package private(set) var positions_T: [Int32] = []
    /// Where the row's key and value go: block × tokens per block + offset in the block.
    package private(set) var slots_T: [Int32] = []
    /// Where the row's block table starts in `blockTables`; rows with equal offsets belong to one request.
    package private(set) var tableOffsets_T: [Int32] = []
    /// All block tables, one after another; entry j of a table holds positions j·C ..< (j+1)·C.
    package private(set) var blockTables: [Int32] = []
    /// Rows whose logits are wanted, ascending.
    package private(set) var logitRows: [Int32] = []
    /// Remembered states whose logits are wanted too; they stand behind those of `logitRows`.
    package private(set) var stateSlots: [Int32] = []
    package let tokensPerBlock: Int

    package init(tokensPerBlock: Int) { self.tokensPerBlock = tokensPerBlock }

    /// Makes room, so that no step grows an array. Block tables that share blocks can together need more entries than
    /// there are blocks; they get more room when that happens.
    package mutating func reserveCapacity(rowCount: Int, logitRowCount: Int, tableEntryCount: Int) {
        tokens_T.reserveCapacity(rowCount)
        positions_T.reserveCapacity(rowCount)
        slots_T.reserveCapacity(rowCount)
        tableOffsets_T.reserveCapacity(rowCount)
        blockTables.reserveCapacity(tableEntryCount)
        logitRows.reserveCapacity(logitRowCount)
        stateSlots.reserveCapacity(logitRowCount)
    }

    package var rowCount: Int { tokens_T.count }

    package mutating func removeAll() {
        tokens_T.removeAll(keepingCapacity: true)
        positions_T.removeAll(keepingCapacity: true)
        slots_T.removeAll(keepingCapacity: true)
        tableOffsets_T.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
        logitRows.removeAll(keepingCapacity: true)
        stateSlots.removeAll(keepingCapacity: true)
    }

    /// Asks for the logits of what `LanguageModel.keepState` put into a slot; no row is computed for it.
    package mutating func append(state slot: Int) { stateSlots.append(Int32(slot)) }

    /// Adds the tokens `range` of a request.
    /// - Parameters:
    ///   - tokens: the whole sequence; `range` is computed now.
    ///   - draft: guesses of what follows `range`, computed with it; the logits of each are wanted.
    ///   - blockTable: covers at least `range.upperBound + draft.count` positions.
    package mutating func append(
        tokens: [TokenID], range: Range<Int>, draft: ArraySlice<TokenID> = [], blockTable: [Int32],
        logits: LogitsWanted
    ) {
        let tableOffset = Int32(blockTables.count)
        blockTables.append(contentsOf: blockTable)
        for position in range.lowerBound..<range.upperBound + draft.count {
            let isDraft = position >= range.upperBound
            tokens_T.append(isDraft ? draft[draft.startIndex + position - range.upperBound] : tokens[position])
            positions_T.append(Int32(position))
            let block = blockTables[Int(tableOffset) + position / tokensPerBlock]
            slots_T.append(block * Int32(tokensPerBlock) + Int32(position % tokensPerBlock))
            tableOffsets_T.append(tableOffset)
        }
        switch logits {
        case .none: break
        case .lastRow: logitRows.append(contentsOf: Int32(rowCount - 1 - draft.count)..<Int32(rowCount))
        case .everyRow: logitRows.append(contentsOf: Int32(rowCount - range.count - draft.count)..<Int32(rowCount))
        }
    }
}
