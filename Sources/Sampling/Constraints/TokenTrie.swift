// TokenTrie.swift — many token sequences at once, each beginning stored once.
// Sampling › Constraints.

package import Base

/// A trie over token ids, fixed once built. Nodes are numbers; 0 is the root.
///
///     spans   a b c · a b d · a b      0 ─a─► 1 ─b─► 2! ─c─► 3!
///                                                     └─d─► 4!        ! a span ends here
///
/// The children of a node lie side by side, ascending by token: a step is a binary search, listing them a loop.
package struct TokenTrie: Sendable, Equatable {
    /// Spans are told apart (`spansEnding`, `spansBeyond`) as long as they are no more than this.
    package static let mostToldApart = 64

    /// Of each node: where its children begin; one more at the end.
    private var firstChild: [Int32] = []
    /// Of each node but the root, at its number less one: the token that leads to it.
    private var tokens: [TokenID] = []
    private var isEnd: [Bool] = []
    /// Of each node the spans that end there, and those that pass through it or end there; empty if they are many.
    private var ending: [SpanSet] = []
    private var passing: [SpanSet] = []

    /// - Parameter spans: empty ones and repetitions count for nothing.
    /// - Complexity: O(tokens · log spans).
    package init(_ spans: [[TokenID]]) {
        let order = spans.indices.filter { !spans[$0].isEmpty }.sorted {
            spans[$0].lexicographicallyPrecedes(spans[$1])
        }
        let tellsApart = spans.count <= Self.mostToldApart
        // Breadth first: the children of a node get their numbers together. A node is a run of sorted spans that agree
        // in their first `depth` tokens.
        var runs: [(spans: Range<Int>, depth: Int)] = [(order.indices, 0)]
        var next = 0
        while next < runs.count {
            let (range, depth) = runs[next]
            firstChild.append(Int32(runs.count))
            // Sorted: the spans that end here come first.
            var start = range.lowerBound
            while start < range.upperBound, spans[order[start]].count == depth { start += 1 }
            isEnd.append(start > range.lowerBound && depth > 0)
            if tellsApart {
                ending.append(SpanSet(order[range.lowerBound..<start]))
                passing.append(SpanSet(order[range]))
            }
            while start < range.upperBound {
                let token = spans[order[start]][depth]
                var end = start + 1
                while end < range.upperBound, spans[order[end]][depth] == token { end += 1 }
                runs.append((start..<end, depth + 1))
                tokens.append(token)
                start = end
            }
            next += 1
        }
        firstChild.append(Int32(runs.count))
    }

    /// The root included.
    package var nodeCount: Int { isEnd.count }
    /// Whether no span is in it.
    package var isEmpty: Bool { nodeCount == 1 }

    /// Whether one of the spans ends at this node.
    package func endsSpan(_ node: Int32) -> Bool { isEnd[Int(node)] }

    /// Which of the spans end at this node: several, if they are equal. Of many spans, none is told.
    package func spansEnding(at node: Int32) -> SpanSet { ending.isEmpty ? SpanSet() : ending[Int(node)] }

    /// Which of the spans end at this node or beyond it. Of many spans, none is told.
    package func spansBeyond(_ node: Int32) -> SpanSet { passing.isEmpty ? SpanSet() : passing[Int(node)] }

    /// The nodes that one token leads to from this one, ascending by token.
    package func children(of node: Int32) -> Range<Int32> { firstChild[Int(node)]..<firstChild[Int(node) + 1] }

    /// The token that leads to a node, which is not the root.
    package func token(to node: Int32) -> TokenID { tokens[Int(node) - 1] }

    /// The tokens that lead on from a node, ascending.
    package func tokens(after node: Int32) -> ArraySlice<TokenID> {
        tokens[Int(firstChild[Int(node)]) - 1..<Int(firstChild[Int(node) + 1]) - 1]
    }

    /// - Complexity: O(log children).
    package func child(of node: Int32, by token: TokenID) -> Int32? {
        var low = Int(firstChild[Int(node)])
        let end = Int(firstChild[Int(node) + 1])
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle - 1] < token { low = middle + 1 } else { high = middle }
        }
        return low < end && tokens[low - 1] == token ? Int32(low) : nil
    }
}

/// Some of at most 64 spans, by their places in the list that a trie was made of.
package struct SpanSet: Sendable, Equatable {
    private var bits: UInt64 = 0

    package init() {}

    /// - Precondition: every place is below 64.
    package init(_ places: some Sequence<Int>) {
        for place in places { bits |= 1 << UInt64(place) }
    }

    /// The first of them.
    package var first: Int? { bits == 0 ? nil : bits.trailingZeroBitCount }

    /// Takes the first of them out.
    package mutating func popFirst() -> Int? {
        defer { bits &= bits &- 1 }
        return first
    }

    package mutating func formUnion(_ other: SpanSet) { bits |= other.bits }

    /// Whether one of them is not in `other`.
    package func hasMore(than other: SpanSet) -> Bool { bits & ~other.bits != 0 }
}
