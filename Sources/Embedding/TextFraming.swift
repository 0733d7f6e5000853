// TextFraming.swift — texts and pairs of texts as the tokens an encoder was trained on, cut where it ends.
// Embedding.

package import Base
package import Tokenization
package import Transformer

/// A text, or a pair, ready for the encoder.
package struct FramedText: Sendable, Equatable {
    package let input: EncoderInput
    /// Tokens that the whole text would have had, special ones included.
    package let wholeTokenCount: Int

    package var tokenCount: Int { input.tokens.count }
    /// The end of the text is not in the vector.
    package var isCut: Bool { wholeTokenCount > tokenCount }
}

/// Why token ids from outside cannot be encoded.
package enum FramingError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(count: Int, maximum: Int)
    case tokenOutOfRange(TokenID, vocabularySize: Int)

    package var description: String {
        switch self {
        case .empty: "a text of no tokens has no vector"
        case .tooLong(let count, let maximum): "\(count) tokens are more than the encoder's \(maximum)"
        case .tokenOutOfRange(let token, let size): "token \(token) is not in 0..<\(size)"
        }
    }
}

/// Puts BERT's special tokens around texts:
///
///     one text    [CLS] a a a [SEP]
///     a pair      [CLS] a a a [SEP] b b b b [SEP]
///     type          0   0 0 0   0   1 1 1 1   1
///
/// Special tokens written out in a text are taken as such, as the reference does.
package struct TextFraming: Sendable {
    package let tokenizer: Tokenizer
    /// The longest framed text; what is over is cut from the end.
    package let maximumTokenCount: Int
    package let vocabularySize: Int
    private let first: TokenID
    private let separator: TokenID

    /// - Throws: `ModelError` when the tokenizer does not put exactly one token before and one after a text.
    init(
        _ tokenizer: Tokenizer, maximumTokenCount: Int, vocabularySize: Int, source: String
    ) throws(ModelError) {
        guard tokenizer.vocabularySize <= vocabularySize else {
            throw .invalid(
                key: "tokenizer", problem: "has \(tokenizer.vocabularySize) tokens, the model only \(vocabularySize)",
                source: source)
        }
        let frame = tokenizer.encode([], addSpecialTokens: true, parseSpecialTokens: false)
        guard frame.count == 2 else {
            throw .invalid(
                key: "post_processor", problem: "puts \(frame.count) tokens around a text, and not [CLS] and [SEP]",
                source: source + "/tokenizer.json")
        }
        (first, separator) = (frame[0], frame[1])
        self.tokenizer = tokenizer
        self.maximumTokenCount = maximumTokenCount
        self.vocabularySize = vocabularySize
    }

    package func frame(_ text: String) -> FramedText {
        let pieces = pieces(text)
        let kept = pieces.prefix(maximumTokenCount - 2)
        return FramedText(input: EncoderInput([first] + kept + [separator]), wholeTokenCount: pieces.count + 2)
    }

    /// A question and a passage, say. What is over is taken from the longer one, as the reference does.
    package func frame(_ text: String, _ second: String) -> FramedText {
        let (a, b) = (pieces(text), pieces(second))
        let room = max(maximumTokenCount - 3, 0)
        let kept = Self.shares(a.count, b.count, room: room)
        let start = [first] + a.prefix(kept.0) + [separator]
        return FramedText(
            input: EncoderInput(start + b.prefix(kept.1) + [separator], secondStart: start.count),
            wholeTokenCount: a.count + b.count + 3)
    }

    /// How many of `a` and `b` tokens stay: the shorter one whole if it takes less than half of the room.
    private static func shares(_ a: Int, _ b: Int, room: Int) -> (Int, Int) {
        if a <= room && b <= room - a { return (a, b) }
        let half = room / 2
        if min(a, b) <= half { return a <= b ? (a, room - a) : (room - b, b) }
        // Both are too long; an odd token goes to the longer.
        return a <= b ? (half, room - half) : (room - half, half)
    }

    /// Token ids as they come from a client, taken as they are: nothing is put around them.
    package func frame(tokens: [TokenID]) throws(FramingError) -> FramedText {
        guard !tokens.isEmpty else { throw .empty }
        guard tokens.count <= maximumTokenCount else {
            throw .tooLong(count: tokens.count, maximum: maximumTokenCount)
        }
        if let token = tokens.first(where: { !(0..<vocabularySize).contains($0.index) }) {
            throw .tokenOutOfRange(token, vocabularySize: vocabularySize)
        }
        return FramedText(input: EncoderInput(tokens), wholeTokenCount: tokens.count)
    }

    /// Tokens of a text without the special ones around it.
    package func pieceCount(_ text: String) -> Int { pieces(text).count }

    private func pieces(_ text: String) -> [TokenID] {
        tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: true)
    }
}
