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
    /// Of each node: where its children begin; one more at the end.
    private var firstChild: [Int32] = []
    /// Of each node but the root, at its number less one: the token that leads to it.
    private var tokens: [TokenID] = []
    private var isEnd: [Bool] = []

    /// - Parameter spans: empty ones and repetitions count for nothing.
    /// - Complexity: O(tokens · log spans).
    package init(_ spans: [[TokenID]]) {
        let spans = spans.filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
        // Breadth first: the children of a node get their numbers together. A node is a run of sorted spans that agree
        // in their first `depth` tokens.
        var runs: [(spans: Range<Int>, depth: Int)] = [(spans.indices, 0)]
        var next = 0
        while next < runs.count {
            let (range, depth) = runs[next]
            firstChild.append(Int32(runs.count))
            // Sorted: the spans that end here come first.
            var start = range.lowerBound
            while start < range.upperBound, spans[start].count == depth { start += 1 }
            isEnd.append(start > range.lowerBound && depth > 0)
            while start < range.upperBound {
                let token = spans[start][depth]
                var end = start + 1
                while end < range.upperBound, spans[end][depth] == token { end += 1 }
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
