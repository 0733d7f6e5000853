// ServedModel.swift — everything the routes know about the model they serve.
// Server.

package import Base
package import Engine
package import Sampling
package import Tokenization

/// What the routes need of a tokenizer. `Tokenizer` is the real one; tests use bytes.
package protocol TextCodec: Sendable {
    /// Token ids of a raw prompt: special tokens written out in it count as such, the beginning is added.
    func encodePrompt(_ text: [UInt8]) -> [TokenID]
    /// The same with both choices free.
    func encode(_ text: [UInt8], addsSpecialTokens: Bool, parsesSpecialTokens: Bool) -> [TokenID]
    /// A conversation as the model's template writes it.
    /// - Throws: as `encodeConversation`.
    func renderConversation(_ messages: [ChatMessage]) throws -> String
    /// Token ids of a conversation, by the model's template, up to where the answer begins.
    /// - Throws: an error whose description is the template's own message.
    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID]
    /// Token ids that spell a text; names of special tokens in it are text like any other.
    func encodeAnswer(_ text: [UInt8]) -> [TokenID]
    /// Some token of the prompt is not a special one.
    func hasText(_ prompt: [TokenID]) -> Bool
    /// For an answer. Where it goes on from a prompt that has text, a blank at its beginning is text; else it may be the
    /// one that SentencePiece-style models put before every text.
    func makeDetokenizer(goesOn: Bool) -> any IncrementalDetokenizer
    /// For the text of a prompt, from its beginning; special tokens by their names.
    func makePromptDetokenizer() -> any IncrementalDetokenizer
    /// The bytes a token stands for, be they half a character; a special token's name.
    func spelling(of token: TokenID) -> [UInt8]
    var beginningOfSequence: TokenID? { get }
    /// Any of these ends an answer.
    var endOfSequence: [TokenID] { get }
}

extension TextCodec {
    /// For an answer to `prompt`.
    func makeDetokenizer(after prompt: [TokenID]) -> any IncrementalDetokenizer {
        makeDetokenizer(goesOn: hasText(prompt))
    }
}

/// One loaded model.
package struct ServedModel: Sendable {
    /// The name in requests and answers.
    package var id: String
    /// When it was made or loaded, seconds since 1970.
    package var created: Int
    package var codec: any TextCodec
    package var service: any GenerationService
    /// `generation_config.json`, where a request is silent.
    package var defaultSampling: SamplingParameters
    /// Changes whenever equal requests may give other bits (weights, kernels); answers carry it if it is set.
    package var systemFingerprint: String?

    package init(
        id: String, created: Int, codec: any TextCodec, service: any GenerationService,
        defaultSampling: SamplingParameters = SamplingParameters(), systemFingerprint: String? = nil
    ) {
        self.id = id
        self.created = created
        self.codec = codec
        self.service = service
        self.defaultSampling = defaultSampling
        self.systemFingerprint = systemFingerprint
    }
}
