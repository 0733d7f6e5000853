// AddedToken.swift — a token found in the text as it stands, before anything is cut or merged.
// Tokenization › Vocabulary.  Design: `added_tokens` of Hugging Face tokenizers; token types of GGUF.

/// One added token: its text, and how strictly that text must match.
struct AddedToken: Sendable, Equatable {
    var id: Int32
    var content: [UInt8]
    /// A control token: it steers the model and stands for no text.
    var isSpecial: Bool
    /// White space before the match belongs to it.
    var stripsLeft = false
    /// White space after the match belongs to it.
    var stripsRight = false
    /// Matches only between characters that are no word characters.
    var isSingleWord = false
    /// Looked for after normalisation, with its own text normalised; else in the text as given.
    var isNormalized = false
}
