// Tokenizer+TextCodec.swift — the tokenizer as the server's routes see it.
// swiftlet › Loading.

import Base
import Explainer
import Server
import Tokenization

extension StreamingDetokenizer: IncrementalDetokenizer {}

extension Tokenizer: AnswerCodec {}

extension Tokenizer: TextCodec {
    func encodePrompt(_ text: [UInt8]) -> [TokenID] {
        encode(text, addSpecialTokens: true, parseSpecialTokens: true)
    }

    func encode(_ text: [UInt8], addsSpecialTokens: Bool, parsesSpecialTokens: Bool) -> [TokenID] {
        encode(text, addSpecialTokens: addsSpecialTokens, parseSpecialTokens: parsesSpecialTokens)
    }

    func renderConversation(_ messages: [ChatMessage]) throws -> String {
        try renderChat(Conversation(messages: messages))
    }

    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] {
        try encodeChat(Conversation(messages: messages))
    }

    func makePromptDetokenizer() -> any IncrementalDetokenizer { makeDetokenizer(skipSpecialTokens: false) }

    func encodeAnswer(_ text: [UInt8]) -> [TokenID] {
        encode(text, addSpecialTokens: false, parseSpecialTokens: false)
    }

    func hasText(_ prompt: [TokenID]) -> Bool { prompt.contains { !isSpecial($0) } }

    func makeDetokenizer(goesOn: Bool) -> any IncrementalDetokenizer {
        // A SentencePiece text begins with a blank that stands for nothing; an answer that goes on from text keeps it.
        makeDetokenizer(skipSpecialTokens: true, isContinuation: goesOn)
    }
}
