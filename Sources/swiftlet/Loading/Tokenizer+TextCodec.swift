// Tokenizer+TextCodec.swift — the tokenizer as the server's routes see it.
// swiftlet › Loading.

import Base
import Console
import Server
import Tokenization

extension StreamingDetokenizer: IncrementalDetokenizer {}

extension Tokenizer: TextCodec {
    func encodePrompt(_ text: [UInt8]) -> [TokenID] {
        encode(text, addSpecialTokens: true, parseSpecialTokens: true)
    }

    func encodeConversation(_ messages: [Server.ChatMessage]) throws -> [TokenID] {
        throw UsageError("no template yet")
    }

    func makeDetokenizer() -> any IncrementalDetokenizer { makeDetokenizer(skipSpecialTokens: true) }
}
