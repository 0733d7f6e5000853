// StreamingDetokenizer.swift — ids to text, token by token, never breaking a character.
// Tokenization.

package import Base

/// Turns a stream of tokens into a stream of whole characters: what it has given out so far is always valid UTF-8,
/// and all of it together equals `Tokenizer.decode` of all the tokens.
package struct StreamingDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecialTokens: Bool
    private var assembler = UTF8Assembler()
    /// The next byte is the first of the text, and a blank there is not the text's own.
    private var dropsNextSpace: Bool

    init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool, isContinuation: Bool) {
        self.tokenizer = tokenizer
        self.skipSpecialTokens = skipSpecialTokens
        dropsNextSpace = tokenizer.parts.stripsLeadingSpace && !isContinuation
    }

    /// The characters that `token` completes; empty while one is under way.
    package mutating func push(_ token: TokenID) -> [UInt8] {
        var bytes = bytes(of: token)
        if dropsNextSpace, let first = bytes.first {
            if first == UInt8(ascii: " ") { bytes.removeFirst() }
            dropsNextSpace = false
        }
        return assembler.append(bytes)
    }

    /// The tokens so far began a character that `token` does not go on with: its text comes behind a U+FFFD.
    package func breaksCharacter(_ token: TokenID) -> Bool { assembler.isBroken(by: bytes(of: token)) }

    private func bytes(of token: TokenID) -> [UInt8] {
        skipSpecialTokens ? tokenizer.bytes(of: token) : tokenizer.spelling(of: token)
    }

    /// What is left at the end: U+FFFD for a character that never became whole.
    package mutating func finish() -> [UInt8] { assembler.finish() }
}

extension Tokenizer {
    /// - Parameters:
    ///   - skipSpecialTokens: special tokens give no text; else their names.
    ///   - isContinuation: the tokens follow others (an answer after its prompt), so that a leading blank is text,
    ///     not the one that SentencePiece-style models put before every text.
    package func makeDetokenizer(skipSpecialTokens: Bool, isContinuation: Bool = false) -> StreamingDetokenizer {
        StreamingDetokenizer(self, skipSpecialTokens: skipSpecialTokens, isContinuation: isContinuation)
    }

    /// The text of `tokens`, with U+FFFD for what is no valid UTF-8 (one for each maximal subpart).
    package func decode(_ tokens: [TokenID], skipSpecialTokens: Bool) -> String {
        var detokenizer = makeDetokenizer(skipSpecialTokens: skipSpecialTokens)
        var bytes: [UInt8] = []
        for token in tokens { bytes += detokenizer.push(token) }
        bytes += detokenizer.finish()
        return String(decoding: bytes, as: UTF8.self)
    }
}
