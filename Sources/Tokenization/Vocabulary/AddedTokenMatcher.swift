// AddedTokenMatcher.swift — finds added tokens in text: leftmost, and of those the longest.
// Tokenization › Vocabulary.  Design: the added vocabulary of Hugging Face tokenizers.

/// What a text falls into: stretches to tokenize, and tokens found whole.
enum TextFragment: Equatable {
    case text(Range<Int>)
    case token(Int32)
}

/// Which of the special tokens written in a text are taken as such. Tokens that are not special always are.
enum SpecialTokenParsing {
    case none, all
    /// Only those of which no byte is marked as outside input.
    case unmarked
}

/// A trie over the added tokens' texts.
struct AddedTokenMatcher: Sendable {
    private let tokens: [AddedToken]
    /// Whether a token begins with this byte: lets the search run over plain text at one load a byte.
    private let begins: [Bool]
    /// (node << 8 | byte) → node; the root is node 0.
    private let edges: [UInt64: Int32]
    /// The token that ends at a node, −1 for none.
    private let tokenAtNode: [Int32]

    /// - Parameter tokens: those with empty text never match. Of two with the same text the later one is taken.
    init(_ tokens: [AddedToken]) {
        var begins = [Bool](repeating: false, count: 256)
        var edges: [UInt64: Int32] = [:]
        var tokenAtNode: [Int32] = [-1]
        for (index, token) in tokens.enumerated() where !token.content.isEmpty {
            begins[Int(token.content[0])] = true
            var node: Int32 = 0
            for byte in token.content {
                let edge = UInt64(node) << 8 | UInt64(byte)
                if edges[edge] == nil {
                    edges[edge] = Int32(tokenAtNode.count)
                    tokenAtNode.append(-1)
                }
                node = edges[edge].unsafelyUnwrapped
            }
            tokenAtNode[Int(node)] = Int32(index)
        }
        self.tokens = tokens
        self.begins = begins
        self.edges = edges
        self.tokenAtNode = tokenAtNode
    }

    /// Calls `body` with the fragments of `text[range]`, in order; empty stretches are left out.
    /// - Parameter marks: one for each byte of `text`, or empty when no byte is marked.
    /// - Complexity: O(length × longest token) at worst; plain text costs one look-up a byte.
    func forEachFragment(
        in text: Span<UInt8>, _ range: Range<Int>, marks: Span<Bool>, parsing: SpecialTokenParsing,
        _ body: (TextFragment) -> Void
    ) {
        var textStart = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            guard begins[Int(text[position])],
                let match = longestMatch(in: text, at: position, range, marks: marks, parsing: parsing)
            else {
                position += 1
                continue
            }
            var start = position
            var end = match.end
            if match.token.stripsLeft { start = text.startOfTrailingSpaces(in: textStart..<start) }
            if match.token.stripsRight { end = text.endOfLeadingSpaces(in: end..<range.upperBound) }
            if textStart < start { body(.text(textStart..<start)) }
            body(.token(match.token.id))
            textStart = end
            position = end
        }
        if textStart < range.upperBound { body(.text(textStart..<range.upperBound)) }
    }

    private func longestMatch(
        in text: Span<UInt8>, at start: Int, _ range: Range<Int>, marks: Span<Bool>, parsing: SpecialTokenParsing
    ) -> (token: AddedToken, end: Int)? {
        var best: (token: AddedToken, end: Int)?
        var node: Int32 = 0
        var position = start
        var isMarked = false
        while position < range.upperBound, let child = edges[UInt64(node) << 8 | UInt64(text[position])] {
            if !marks.isEmpty && marks[position] { isMarked = true }
            node = child
            position += 1
            let index = tokenAtNode[Int(node)]
            guard index >= 0 else { continue }
            let token = tokens[Int(index)]
            if token.isSpecial && (parsing == .none || parsing == .unmarked && isMarked) { continue }
            if token.isSingleWord
                && (text.hasWordCharacter(before: start, from: range.lowerBound)
                    || text.hasWordCharacter(at: position, end: range.upperBound))
            {
                continue
            }
            best = (token, position)
        }
        return best
    }
}
