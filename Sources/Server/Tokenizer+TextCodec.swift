// Tokenizer+TextCodec.swift — the model's tokenizer as the routes see it.
// Server.

package import Base
package import Tokenization

extension StreamingDetokenizer: IncrementalDetokenizer {}

extension Tokenizer: TextCodec {
    package func encodePrompt(_ text: [UInt8]) -> [TokenID] {
        encode(text, addSpecialTokens: true, parseSpecialTokens: true)
    }

    /// Special tokens are those the template writes; typed into a message they stay text.
    package func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] {
        try encodeChat(Conversation(messages: messages))
    }

    /// An answer follows its prompt: a blank at its beginning is text.
    package func makeDetokenizer() -> any IncrementalDetokenizer {
        makeDetokenizer(skipSpecialTokens: true, isContinuation: true)
    }
}
