// TokenizerParts.swift — what a tokenizer is made of, whatever file it came from.
// Tokenization.  Filled by TokenizerFile/ and GGUF/, checked there, and then only read.

import Base

/// The parts of a `Tokenizer`. Every id in it is in range: whoever fills it has checked.
struct TokenizerParts: Sendable {
    var normalizer = Normalizer()
    var preTokenizer = PreTokenizer()
    var model: TokenModel
    var addedTokens: [AddedToken] = []
    /// Put around an encoded text when special tokens are asked for.
    var prefix: [TokenID] = []
    var suffix: [TokenID] = []
    /// What each id stands for in decoded text; for a special token its own name; empty for a gap.
    var pieces: [[UInt8]]
    /// The first blank of a decoded text is the one that the normalizer put there, and is taken off.
    var stripsLeadingSpace = false

    var beginningOfSequence: TokenID?
    var endOfSequence: [TokenID] = []
    /// `bos_token`, `eos_token` and so on, as chat templates see them.
    var templateVariables: [TemplateVariable] = []
    var chatTemplates = ChatTemplates()
}
