// Tokenizer+TextCodec.swift — the tokenizer as the server's routes see it.
// swiftlet › Loading.

import Base
import Server
import Tokenization

extension StreamingDetokenizer: IncrementalDetokenizer {}

extension Tokenizer: TextCodec {
    func encodePrompt(_ text: [UInt8]) -> [TokenID] {
        encode(text, addSpecialTokens: true, parseSpecialTokens: true)
    }

    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] {
        try encodeChat(Conversation(messages: messages))
    }

    func makeDetokenizer() -> any IncrementalDetokenizer { makeDetokenizer(skipSpecialTokens: true) }
}
