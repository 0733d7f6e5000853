// SuffixAutomaton.swift — drafts what followed the longest end of the sequence that occurred before.
// Engine › Speculation.  Blumer et al. 1985, "The smallest automaton recognizing the subwords of a text"; grown online.

package import Base

/// Every substring of the sequence is a path from state 0; a state stands for substrings that end at the same places.
///
///     sequence   a b c a b        state of the whole: "abcab"
///     link       ─────▶ "ab"      its longest proper suffix that also ends elsewhere: first at position 1,
///                                 so the guess is what stands at position 2: c
///
/// Unlike a lookup of fixed length, the match is as long as the repetition is.
/// - Complexity: amortised O(1) dictionary operations a token; at most two states and three edges a token.
package struct SuffixAutomaton: Drafter {
    private struct State {
        /// Length of the longest substring of this state.
        var length: Int32
        /// State of the longest suffix that ends in more places; −1 for the root.
        var link: Int32
        /// Where that substring ended first.
        var firstEnd: Int32
        /// Head of the list of outgoing edges, for copying; −1 at its end.
        var firstEdge: Int32 = -1
    }

    private struct Edge {
        let token: TokenID
        let next: Int32
    }

    /// Shorter matches say little about what follows.
    private static let leastMatch = 2

    private var states = [State(length: 0, link: -1, firstEnd: -1)]
    private var edges: [Edge] = []
    private var targets = EdgeTable()
    private var last: Int32 = 0

    package init() {}

    package mutating func note(_ tokens: borrowing [TokenID], at index: Int) {
        let token = tokens[index]
        let current = addState(State(length: Int32(index + 1), link: 0, firstEnd: Int32(index)))
        var state = last
        while state >= 0, targets[state, token] == nil {
            addEdge(from: state, token, to: current)
            state = states[Int(state)].link
        }
        if state >= 0, let target = targets[state, token] {
            states[Int(current)].link =
                states[Int(target)].length == states[Int(state)].length + 1
                ? target : split(target, reachedFrom: state, by: token)
        }
        last = current
    }

    package func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
        let link = states[Int(last)].link
        guard link > 0, states[Int(link)].length >= Self.leastMatch else { return }
        copy(tokens, after: Int(states[Int(link)].firstEnd), atMost: count, into: &draft)
    }

    /// Length of the longest end of the sequence that occurred before.
    package var matchLength: Int {
        let link = states[Int(last)].link
        return link > 0 ? Int(states[Int(link)].length) : 0
    }

    /// Takes the shorter substrings of `target` apart: those that now end in one place more.
    private mutating func split(_ target: Int32, reachedFrom origin: Int32, by token: TokenID) -> Int32 {
        let old = states[Int(target)]
        let clone = addState(
            State(length: states[Int(origin)].length + 1, link: old.link, firstEnd: old.firstEnd))
        var edge = old.firstEdge
        while edge >= 0 {
            let copied = edges[Int(edge)]
            if let goal = targets[target, copied.token] {
                addEdge(from: clone, copied.token, to: goal)
            }
            edge = copied.next
        }
        states[Int(target)].link = clone
        var state = origin
        while state >= 0, targets[state, token] == target {
            targets[state, token] = clone
            state = states[Int(state)].link
        }
        return clone
    }

    private mutating func addState(_ state: State) -> Int32 {
        states.append(state)
        return Int32(states.count - 1)
    }

    private mutating func addEdge(from state: Int32, _ token: TokenID, to target: Int32) {
        targets[state, token] = target
        edges.append(Edge(token: token, next: states[Int(state)].firstEdge))
        states[Int(state)].firstEdge = Int32(edges.count - 1)
    }
}
