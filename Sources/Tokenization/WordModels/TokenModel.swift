// TokenModel.swift — what turns a word into tokens: the `model` of a tokenizer.
// Tokenization › WordModels.

import Base

/// One of the ways to spell a word in a vocabulary.
enum TokenModel: Sendable {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)
    /// Every word is one token, or the unknown one.
    case wordLevel(Vocabulary, unknown: Int32)

    var vocabulary: Vocabulary {
        switch self {
        case .bytePair(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .wordLevel(let vocabulary, _): vocabulary
        }
    }

    /// Appends the tokens of `word`.
    /// - Parameter merger: scratch space, reused between words.
    @inline(__always)
    func append(_ word: Span<UInt8>, to output: inout [TokenID], merger: inout PairMerger) {
        switch self {
        case .bytePair(let model): model.append(word, to: &output, merger: &merger)
        case .wordPiece(let model): model.append(word, to: &output)
        case .wordLevel(let vocabulary, let unknown): output.append(TokenID(vocabulary.id(of: word) ?? unknown))
        }
    }
}
