// Tokenizer.swift — text to token ids and back, for one model.
// Tokenization.  Made from a Hugging Face folder (TokenizerFile/) or from a GGUF file's metadata (GGUF/).

package import Base

/// A model's tokenizer. Immutable, so any thread may use it.
///
///     text ─► added tokens ─► normalizer ─► added tokens ─► pre-tokenizer ─► byte-pair merges ─► ids
///             as written                    normalized       words
///
/// Equal, id for id, to Hugging Face `tokenizers` for a folder and to llama.cpp for a GGUF vocabulary. Input is bytes:
/// what is no valid UTF-8 goes through byte by byte (the references replace it).
package final class Tokenizer: Sendable {
    let parts: TokenizerParts
    /// Looked for in the text as given, and in the normalised text.
    let literalTokens: AddedTokenMatcher
    let normalizedTokens: AddedTokenMatcher
    private let pieces: ByteTable
    private let specials: [Bool]

    init(_ parts: TokenizerParts) {
        self.parts = parts
        literalTokens = AddedTokenMatcher(parts.addedTokens.filter { !$0.isNormalized })
        normalizedTokens = AddedTokenMatcher(
            parts.addedTokens.filter(\.isNormalized).map { token in
                var token = token
                token.content = parts.normalizer.normalize(MarkedText(bytes: token.content)).bytes
                return token
            })
        pieces = ByteTable(parts.pieces)
        var specials = [Bool](repeating: false, count: parts.pieces.count)
        for token in parts.addedTokens where token.isSpecial { specials[Int(token.id)] = true }
        self.specials = specials
    }

    /// One past the highest token id. A model may have more rows than this; those stand for nothing.
    package var vocabularySize: Int { pieces.count }
    /// The token that begins a sequence, where the model has one.
    package var beginningOfSequence: TokenID? { parts.beginningOfSequence }
    /// The tokens that end an answer, any of them; empty when the files name none.
    package var endOfSequence: [TokenID] { parts.endOfSequence }
    /// Whether `token` is a control token, which stands for no text. False for ids outside the vocabulary.
    package func isSpecial(_ token: TokenID) -> Bool { specials.indices.contains(token.index) && specials[token.index] }

    /// The bytes that `token` stands for: empty for a special token, and for an id outside the vocabulary.
    /// They need not be valid UTF-8: a character may be spread over several tokens.
    package func bytes(of token: TokenID) -> [UInt8] { isSpecial(token) ? [] : spelling(of: token) }

    /// As `bytes(of:)`, but a special token's own name for a special token.
    package func spelling(of token: TokenID) -> [UInt8] {
        token.index >= 0 && token.index < pieces.count ? Array(pieces[token.index]) : []
    }

    /// The token whose `spelling` is exactly `name`, if it is an added token such as `<|im_end|>`.
    package func addedToken(named name: String) -> TokenID? {
        let name = Array(name.utf8)
        return parts.addedTokens.last { $0.content == name }.map { TokenID($0.id) }
    }
}
