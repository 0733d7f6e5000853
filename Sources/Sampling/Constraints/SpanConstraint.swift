// SpanConstraint.swift — the output is made of whole passages: one of several, or some joined by given connectors.
// Sampling › Constraints.  A choice is one passage without connectors; an explainer that may only quote uses both.

package import Base

/// Allows outputs of the form `span (connector span)*`, and the end wherever a span is complete.
///
///     spans A, B; connector +        A ─ + ─ B ─ + ─ A ─ end
///
/// The same tokens can be read in several ways (a span may begin like another, or go on where a connector would begin),
/// so all readings are followed at once: the states of a nondeterministic automaton, one set for each token accepted.
/// Forgetting the last sets undoes the last tokens.
package struct SpanConstraint: TokenConstraint, Equatable {
    /// One reading: the node reached in the spans, or in the connectors.
    private struct State: Equatable {
        var isConnector: Bool
        var node: Int32
    }

    private let spans: TokenTrie
    private let connectors: TokenTrie
    private let endTokens: [TokenID]
    /// The states after each number of accepted tokens, one set after another; `starts` says where each set begins.
    private var states = [State(isConnector: false, node: 0)]
    private var starts: [Int32] = [0]
    /// The number of accepted tokens when an end token was among them.
    private var endCount: Int?

    /// - Parameters:
    ///   - spans: what may be said, as the model's tokens.
    ///   - connectors: what may stand between two spans; without any, the output is one span.
    ///   - endTokens: any of them ends the output; allowed once a span is complete.
    package init(spans: [[TokenID]], connectors: [[TokenID]] = [], endTokens: [TokenID]) {
        self.spans = TokenTrie(spans)
        self.connectors = TokenTrie(connectors)
        self.endTokens = endTokens
    }

    private var acceptedCount: Int { starts.count - 1 }
    private var current: ArraySlice<State> { states[Int(starts[acceptedCount])...] }
    private func trie(_ state: State) -> TokenTrie { state.isConnector ? connectors : spans }

    /// A span has just been completed: the output may end here.
    package var isComplete: Bool { current.contains { !$0.isConnector && spans.endsSpan($0.node) } }

    /// - Complexity: O(allowed tokens).
    package func fillMask(_ mask: inout TokenMask) {
        if endCount != nil {
            // Whoever goes on after the end may only repeat it.
            for token in endTokens { mask[token] = true }
            return
        }
        for state in current {
            for token in trie(state).tokens(after: state.node) { mask[token] = true }
            guard trie(state).endsSpan(state.node) else { continue }
            // Behind a span begins a connector, behind a connector a span.
            for token in (state.isConnector ? spans : connectors).tokens(after: 0) { mask[token] = true }
            if !state.isConnector { for token in endTokens { mask[token] = true } }
        }
    }

    /// - Complexity: O(states · log children).
    package mutating func accept(_ token: TokenID) {
        let before = Int(starts[acceptedCount])..<states.count
        if isComplete, endTokens.contains(token), endCount == nil { endCount = acceptedCount + 1 }
        starts.append(Int32(states.count))
        for index in before {
            let state = states[index]
            let isEnd = trie(state).endsSpan(state.node)
            step(from: state, by: token)
            if isEnd { step(from: State(isConnector: !state.isConnector, node: 0), by: token) }
        }
    }

    private mutating func step(from state: State, by token: TokenID) {
        guard let node = trie(state).child(of: state.node, by: token) else { return }
        let reached = State(isConnector: state.isConnector, node: node)
        if !current.contains(reached) { states.append(reached) }
    }

    package mutating func rollback(_ count: Int) {
        precondition(count <= acceptedCount, "more tokens undone than accepted")
        guard count > 0 else { return }
        states.removeLast(states.count - Int(starts[acceptedCount - count + 1]))
        starts.removeLast(count)
        if let end = endCount, end > acceptedCount { endCount = nil }
    }
}
