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
    /// How spans may follow each other.
    package struct Joining: Sendable, Equatable {
        /// What may stand between two spans; an empty one lets them follow directly. Without any, the output is one span.
        package var connectors: [[TokenID]] = []
        /// A span, or another that is equal to it, is said at most once, and so is a connector that is not empty; then
        /// there may be 64 of each.
        package var saysEachOnce = false
        /// Of spans with the same number, an earlier one is not said behind a later one. Empty: in any order. One number a
        /// span; needs `saysEachOnce`.
        package var passages: [Int] = []
        /// Spans in all: the output does not end before the least number, unless nothing is left to say.
        package var minSpanCount = 0
        package var maxSpanCount = Int.max
        /// The output goes on behind a span: it begins with a connector, or is nothing.
        package var continues = false

        package init() {}
    }

    /// One reading: the node reached in the spans or in the connectors, and what was said before.
    private struct State: Equatable {
        var isConnector: Bool
        /// Behind a span that stands before the output, where neither trie has a node: −1.
        var node: Int32
        /// Completed spans, those that may not follow them, and connectors, if each may be said once, and how many spans were begun, if that is limited.
        var used = SpanSet()
        var usedConnectors = SpanSet()
        var count: Int32 = 0

        func moved(to node: Int32) -> State {
            var copy = self
            copy.node = node
            return copy
        }
    }

    private let spans: TokenTrie
    private let connectors: TokenTrie
    private let joinsDirectly: Bool
    private let joining: Joining
    /// For each span, those before it in its passage.
    private let earlier: [SpanSet]
    private let endTokens: [TokenID]
    /// The states after each number of accepted tokens, one set after another; `starts` says where each set begins.
    private var states: [State]
    private var starts: [Int32] = [0]
    /// The number of accepted tokens when an end token was among them.
    private var endCount: Int?

    /// - Parameters:
    ///   - spans: what may be said, as the model's tokens.
    ///   - endTokens: any of them ends the output; allowed once a span is complete.
    package init(spans: [[TokenID]], joining: Joining = Joining(), endTokens: [TokenID]) {
        let count = max(spans.count, joining.connectors.count)
        precondition(!joining.saysEachOnce || count <= TokenTrie.mostToldApart, "too many spans to tell apart")
        let passages = joining.passages
        precondition(passages.isEmpty || (joining.saysEachOnce && passages.count == spans.count), "one passage a span")
        earlier = passages.indices.map { index in SpanSet((0..<index).filter { passages[$0] == passages[index] }) }
        self.spans = TokenTrie(spans)
        connectors = TokenTrie(joining.connectors)
        joinsDirectly = joining.connectors.contains([])
        self.joining = joining
        self.endTokens = endTokens
        states = [State(isConnector: false, node: joining.continues ? -1 : 0)]
    }

    /// As above, every span as often as one likes.
    package init(spans: [[TokenID]], connectors: [[TokenID]], endTokens: [TokenID]) {
        var joining = Joining()
        joining.connectors = connectors
        self.init(spans: spans, joining: joining, endTokens: endTokens)
    }

    private var acceptedCount: Int { starts.count - 1 }
    private var current: ArraySlice<State> { states[Int(starts[acceptedCount])...] }

    /// A span has just been completed: the output may end here.
    package var isComplete: Bool {
        current.contains { isBehindSpan($0) && (Int($0.count) >= joining.minSpanCount || !goesOn(behindSpan($0))) }
    }

    /// What comes behind a completed span: a connector, of which nothing is said yet.
    private func behindSpan(_ state: State) -> State {
        var next = state
        next.isConnector = true
        guard joining.saysEachOnce, state.node > 0 else { return next }
        var said = spans.spansEnding(at: state.node)
        next.used.formUnion(said)
        while !earlier.isEmpty, let place = said.popFirst() { next.used.formUnion(earlier[place]) }
        return next
    }

    /// A connector promises another span.
    private func goesOn(_ state: State) -> Bool {
        Int(state.count) < joining.maxSpanCount && isOpen(0, state) && (joinsDirectly || isOpenConnector(0, state))
    }

    private func isBehindSpan(_ state: State) -> Bool {
        guard !state.isConnector, state.node >= 0 else { return !state.isConnector }
        // A span that was said already may end where another goes on.
        return joining.saysEachOnce
            ? spans.spansEnding(at: state.node).hasMore(than: state.used) : spans.endsSpan(state.node)
    }

    // MARK: - What may come next

    /// The states that one token may lead to, each with its token; from the beginnings of what may follow as well as
    /// from where the reading stands.
    private func forEachStep(from state: State, _ body: (TokenID, State) -> Void) {
        if state.isConnector {
            for node in connectors.children(of: state.node) where isOpenConnector(node, state) {
                body(connectors.token(to: node), state.moved(to: node))
            }
            guard endsConnector(state) else { return }
            var next = state
            if joining.saysEachOnce { next.usedConnectors.formUnion(connectors.spansEnding(at: state.node)) }
            return forEachSpan(after: next, body)
        }
        if state.node == 0 { return forEachSpan(after: state, body) }
        if state.node > 0 {
            for node in spans.children(of: state.node) where isOpen(node, state) {
                body(spans.token(to: node), state.moved(to: node))
            }
        }
        guard isBehindSpan(state) else { return }
        let next = behindSpan(state)
        guard goesOn(next) else { return }
        for node in connectors.children(of: 0) where isOpenConnector(node, next) {
            body(connectors.token(to: node), next.moved(to: node))
        }
        if joinsDirectly { forEachSpan(after: next, body) }
    }

    private func forEachSpan(after state: State, _ body: (TokenID, State) -> Void) {
        guard joining.maxSpanCount > 0 else { return }
        var next = state
        next.isConnector = false
        // Without a limit nothing is counted: more readings are then the same.
        if joining.minSpanCount > 0 || joining.maxSpanCount < .max { next.count += 1 }
        for node in spans.children(of: 0) where isOpen(node, state) {
            body(spans.token(to: node), next.moved(to: node))
        }
    }

    /// Whether a span that may still be said ends at the node or beyond it.
    private func isOpen(_ node: Int32, _ state: State) -> Bool {
        joining.saysEachOnce ? spans.spansBeyond(node).hasMore(than: state.used) : !spans.isEmpty
    }

    private func isOpenConnector(_ node: Int32, _ state: State) -> Bool {
        joining.saysEachOnce
            ? connectors.spansBeyond(node).hasMore(than: state.usedConnectors) : !connectors.isEmpty
    }

    private func endsConnector(_ state: State) -> Bool {
        joining.saysEachOnce
            ? connectors.spansEnding(at: state.node).hasMore(than: state.usedConnectors)
            : connectors.endsSpan(state.node)
    }

    /// - Complexity: O(allowed tokens).
    package func fillMask(_ mask: inout TokenMask) {
        // Whoever goes on after the end may only repeat it.
        guard endCount == nil else {
            for token in endTokens { mask[token] = true }
            return
        }
        for state in current { forEachStep(from: state) { token, _ in mask[token] = true } }
        if isComplete { for token in endTokens { mask[token] = true } }
    }

    /// - Complexity: O(allowed tokens).
    package var onlyToken: TokenID? {
        guard endCount == nil else { return nil }
        var found: TokenID?
        var isAlone = true
        func note(_ token: TokenID) {
            isAlone = isAlone && (found == nil || found == token)
            found = token
        }
        for state in current {
            forEachStep(from: state) { token, _ in note(token) }
            guard isAlone else { return nil }
        }
        if isComplete { for token in endTokens { note(token) } }
        return isAlone ? found : nil
    }

    // MARK: - Moving on

    /// - Complexity: O(allowed tokens).
    package mutating func accept(_ token: TokenID) {
        let before = Int(starts[acceptedCount])..<states.count
        if isComplete, endTokens.contains(token), endCount == nil { endCount = acceptedCount + 1 }
        starts.append(Int32(states.count))
        for index in before {
            var reached: [State] = []
            forEachStep(from: states[index]) { next, state in if next == token { reached.append(state) } }
            for state in reached where !current.contains(state) { states.append(state) }
        }
    }

    package mutating func rollback(_ count: Int) {
        precondition(count <= acceptedCount, "more tokens undone than accepted")
        guard count > 0 else { return }
        states.removeLast(states.count - Int(starts[acceptedCount - count + 1]))
        starts.removeLast(count)
        if let end = endCount, end > acceptedCount { endCount = nil }
    }
}
