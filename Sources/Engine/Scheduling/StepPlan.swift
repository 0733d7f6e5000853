// StepPlan.swift — what the next step computes.
// Engine › Scheduling.

import Base
import Transformer

/// The rows of one step, decoding requests first.
struct StepPlan {
    /// The tokens `range` of one request, and after them the first `draftCount` of its guesses.
    struct Entry {
        let request: Request
        let range: Range<Int>
        var draftCount = 0
        /// Set where the prompt was asked before: no row is computed, the token is chosen from this state.
        let endState: Int?

        /// The range ends with the request's last token: its logits choose the next one.
        var choosesToken: Bool { endState != nil || range.upperBound == request.tokens.count }
        var rowCount: Int { range.count + draftCount }
        /// Set when the entry is planned: every row's logits are wanted.
        let scoresPrompt: Bool
        var logitsWanted: LogitsWanted { scoresPrompt ? .everyRow : choosesToken ? .lastRow : .none }
        /// Rows of the step whose logits are wanted; a remembered state is no row.
        var logitRowCount: Int {
            endState != nil ? 0 : (scoresPrompt ? range.count : choosesToken ? 1 : 0) + draftCount
        }
        var draft: ArraySlice<TokenID> { request.speculation?.guesses.prefix(draftCount) ?? [] }
    }

    private(set) var entries: [Entry] = []
    /// To be made in this order before anything is computed.
    private(set) var copies: [BlockCopy] = []
    private(set) var rowCount = 0
    private(set) var draftRowCount = 0
    private(set) var scoredRowCount = 0

    var isEmpty: Bool { entries.isEmpty }
    var logitRowCount: Int { entries.reduce(0) { $0 + $1.logitRowCount } }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        copies.removeAll(keepingCapacity: true)
        rowCount = 0
        draftRowCount = 0
        scoredRowCount = 0
    }

    /// - Parameter endState: with no rows: where what the request's first token is chosen from is kept.
    mutating func append(_ request: Request, _ count: Int, copy: BlockCopy? = nil, endState: Int? = nil) {
        entries.append(
            Entry(
                request: request, range: request.computedCount..<request.computedCount + count, endState: endState,
                scoresPrompt: request.isScoringPrompt))
        if let copy { copies.append(copy) }
        rowCount += count
        if request.isScoringPrompt { scoredRowCount += count }
    }

    mutating func addDraft(_ count: Int, toEntry index: Int) {
        entries[index].draftCount += count
        rowCount += count
        draftRowCount += count
    }

    /// Takes a request out again, because it was preempted after it had been planned. It has no copy in `copies`: those
    /// come with admission, and whoever was admitted in a step is not preempted in it.
    mutating func remove(_ request: Request) {
        guard let index = entries.firstIndex(where: { $0.request === request }) else { return }
        let entry = entries.remove(at: index)
        rowCount -= entry.rowCount
        draftRowCount -= entry.draftCount
        if entry.scoresPrompt { scoredRowCount -= entry.range.count }
    }
}
