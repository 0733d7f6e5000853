// WordPieceModel.swift — splits a word into the longest pieces that the vocabulary has, from its left end.
// Tokenization › WordModels.  Schuster and Nakajima 2012; Wu et al. 2016, arXiv:1609.08144; as in BERT.

import Base

/// A vocabulary whose pieces come in two kinds: those that begin a word, and those that continue one (`##ing`).
struct WordPieceModel: Sendable {
    let vocabulary: Vocabulary
    /// The pieces that continue a word, without their prefix.
    private let continuations: Vocabulary
    private let longestPiece: Int
    /// A word that cannot be made of pieces.
    let unknown: Int32
    /// A word of more characters is unknown.
    let longestWord: Int

    /// - Parameters:
    ///   - pieces: the bytes of each id; empty for what no text may become.
    ///   - prefix: marks the pieces that continue a word.
    init(pieces: [[UInt8]], prefix: [UInt8], unknown: Int32, longestWord: Int) {
        vocabulary = Vocabulary(pieces: pieces)
        continuations = Vocabulary(
            pieces: pieces.map { $0.starts(with: prefix) ? Array($0.dropFirst(prefix.count)) : [] })
        longestPiece = pieces.lazy.map(\.count).max() ?? 0
        self.unknown = unknown
        self.longestWord = longestWord
    }

    /// Appends the tokens of `word`: its pieces, or one unknown.
    /// - Complexity: O(length × longest piece²) at worst; a piece is looked for from its longest possible end.
    func append(_ word: Span<UInt8>, to output: inout [TokenID]) {
        let first = output.count
        var characters = 0
        for index in word.indices where word[index] & 0xc0 != 0x80 { characters += 1 }
        guard characters <= longestWord else { return output.append(TokenID(unknown)) }
        var start = 0
        while start < word.count {
            let pieces = start == 0 ? vocabulary : continuations
            var end = min(word.count, start + longestPiece)
            var found: Int32?
            while end > start, found == nil {
                // Pieces end between characters.
                if end == word.count || word[end] & 0xc0 != 0x80 { found = pieces.id(of: word.extracting(start..<end)) }
                if found == nil { end -= 1 }
            }
            guard let found else {
                output.removeLast(output.count - first)
                return output.append(TokenID(unknown))
            }
            output.append(TokenID(found))
            start = end
        }
    }
}
