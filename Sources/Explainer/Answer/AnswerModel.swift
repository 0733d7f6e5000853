// AnswerModel.swift — what an answer needs of a model.
// Explainer › Answer.

package import Base
package import Engine
import Sampling
import Synchronization
package import Tokenization

/// The model that answers: its tokenizer, and how much it can take.
package final class AnswerModel: Sendable {
    package let codec: any AnswerCodec
    package let limits: EngineLimits
    /// Made when somebody asks for `cite`: it takes a look at every token.
    private let madeMarkers = Mutex<MarkerVocabulary?>(nil)

    package init(codec: any AnswerCodec, limits: EngineLimits) {
        self.codec = codec
        self.limits = limits
    }

    var markers: MarkerVocabulary {
        madeMarkers.withLock { made in
            let markers =
                made ?? MarkerVocabulary(vocabularySize: limits.vocabularySize) { [codec] in codec.spelling(of: $0) }
            made = markers
            return markers
        }
    }
}

package protocol AnswerCodec: Sendable {
    /// Token ids of a conversation by the model's own template, up to where the answer begins.
    /// - Throws: an error whose description is the template's own message.
    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID]
    /// Token ids that spell a text; names of special tokens in it are text like any other.
    func encodeAnswer(_ text: [UInt8]) -> [TokenID]
    /// The bytes a token stands for, be they half a character; a special token's name.
    func spelling(of token: TokenID) -> [UInt8]
    /// Any of these ends an answer.
    var endOfSequence: [TokenID] { get }
}

extension AnswerCodec {
    /// Tokens that read as `text` where it goes on behind other text. A tokenizer that puts a blank before every text
    /// (SentencePiece's) leaves it out behind a line feed.
    func encodeContinuation(_ text: String) -> [TokenID] {
        let bytes = Array(text.utf8)
        let alone = encodeAnswer(bytes)
        guard alone.flatMap({ spelling(of: $0) }) != bytes else { return alone }
        let lineFeed = encodeAnswer([UInt8(ascii: "\n")])
        let behind = encodeAnswer([UInt8(ascii: "\n")] + bytes)
        return behind.starts(with: lineFeed) ? Array(behind.dropFirst(lineFeed.count)) : alone
    }
}
