// ByteCodec.swift — a tokenizer for tests: a token is a byte.

import Base
import Glibc
import Server
import Synchronization
import Tokenization

/// Ids 0…255 are bytes, 256 begins a sequence, 257 ends one.
struct ByteCodec: TextCodec {
    static let vocabularySize = 258
    static let end = TokenID(257)
    /// `kilobytes + n` stands for n KiB of the letter x, for tests that need volume.
    static let kilobytes = 1000

    var beginningOfSequence: TokenID? { TokenID(256) }
    var endOfSequence: [TokenID] { [Self.end] }

    func encodePrompt(_ text: [UInt8]) -> [TokenID] { text.map { TokenID(Int($0)) } }

    func encode(_ text: [UInt8], addsSpecialTokens: Bool, parsesSpecialTokens: Bool) -> [TokenID] {
        (addsSpecialTokens ? [TokenID(256)] : []) + encodePrompt(text)
    }

    func renderConversation(_ messages: [ChatMessage]) throws -> String {
        String(decoding: try encodeConversation(messages).map { UInt8($0.rawValue) }, as: UTF8.self)
    }

    /// `role:content` and a line feed for each message; refuses tools as a template might.
    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] {
        func text(_ message: ChatMessage, _ field: String) -> String {
            guard case .string(let text)? = message.fields.first(where: { $0.name == field })?.value else { return "" }
            return text
        }
        guard !messages.contains(where: { text($0, "role") == "tool" }) else { throw TemplateRefusal() }
        return encodePrompt(
            messages.flatMap { Array("\(text($0, "role")):\(text($0, "content"))\n".utf8) })
    }

    func encodeAnswer(_ text: [UInt8]) -> [TokenID] { encodePrompt(text) }
    func hasText(_ prompt: [TokenID]) -> Bool { prompt.contains { $0.rawValue < 256 } }
    func makeDetokenizer(goesOn: Bool) -> any IncrementalDetokenizer { ByteDetokenizer() }
    func makePromptDetokenizer() -> any IncrementalDetokenizer { ByteDetokenizer() }
    func spelling(of token: TokenID) -> [UInt8] {
        token.rawValue < 256 ? [UInt8(token.rawValue)] : Array((token == Self.end ? "</s>" : "<s>").utf8)
    }

    struct TemplateRefusal: Error, CustomStringConvertible {
        let description = "tools are not for this model"
    }
}

/// Gives out whole characters; what is left at the end becomes U+FFFD.
struct ByteDetokenizer: IncrementalDetokenizer {
    private var pending: [UInt8] = []

    mutating func push(_ token: TokenID) -> [UInt8] {
        if token.index > ByteCodec.kilobytes {
            return [UInt8](repeating: UInt8(ascii: "x"), count: (token.index - ByteCodec.kilobytes) << 10)
        }
        guard token.rawValue < 256 else { return [] }
        let broken = breaksCharacter(token) ? finish() : []
        pending.append(UInt8(token.rawValue))
        guard String(validating: pending, as: UTF8.self) != nil else { return broken }
        defer { pending = [] }
        return broken + pending
    }

    func breaksCharacter(_ token: TokenID) -> Bool {
        !pending.isEmpty && token.rawValue < 256 && token.rawValue & 0xC0 != 0x80
    }

    mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending.isEmpty ? [] : Array("\u{FFFD}".utf8)
    }
}

/// A codec that is `ByteCodec` but for what it says itself.
protocol ByteBackedCodec: TextCodec {}

extension ByteBackedCodec {
    var bytes: ByteCodec { ByteCodec() }
    var beginningOfSequence: TokenID? { bytes.beginningOfSequence }
    var endOfSequence: [TokenID] { bytes.endOfSequence }
    func encodePrompt(_ text: [UInt8]) -> [TokenID] { bytes.encodePrompt(text) }
    func encodeAnswer(_ text: [UInt8]) -> [TokenID] { bytes.encodeAnswer(text) }
    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] { try bytes.encodeConversation(messages) }
    func renderConversation(_ messages: [ChatMessage]) throws -> String { try bytes.renderConversation(messages) }
    func hasText(_ prompt: [TokenID]) -> Bool { bytes.hasText(prompt) }
    func makeDetokenizer(goesOn: Bool) -> any IncrementalDetokenizer { bytes.makeDetokenizer(goesOn: goesOn) }
    func makePromptDetokenizer() -> any IncrementalDetokenizer { bytes.makePromptDetokenizer() }
    func spelling(of token: TokenID) -> [UInt8] { bytes.spelling(of: token) }
    func encode(_ text: [UInt8], addsSpecialTokens: Bool, parsesSpecialTokens: Bool) -> [TokenID] {
        bytes.encode(text, addsSpecialTokens: addsSpecialTokens, parsesSpecialTokens: parsesSpecialTokens)
    }
}

/// Tokenises bytes, but only once the test lets it.
final class GatedCodec: ByteBackedCodec {
    private let visitors = Atomic<Int>(0)
    private let isOpen = Atomic<Bool>(false)

    /// How many came in, and wait inside until it is open.
    var visitorCount: Int { visitors.load(ordering: .sequentiallyConsistent) }
    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

    func encodePrompt(_ text: [UInt8]) -> [TokenID] {
        visitors.add(1, ordering: .sequentiallyConsistent)
        while !isOpen.load(ordering: .sequentiallyConsistent) { usleep(1000) }
        return bytes.encodePrompt(text)
    }
}
