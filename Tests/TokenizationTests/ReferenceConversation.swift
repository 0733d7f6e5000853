// ReferenceConversation.swift — the conversations that templates are rendered with, here and by jinja2.

import Base
import TestSupport
import Testing
import Tokenization

extension Conversation {
    /// Tests/Fixtures/chat-templates/conversations.json, with the names given there.
    static func references() throws -> [(name: String, conversation: Conversation)] {
        let file = try JSON.parse(TestFiles.bytes(TestFiles.fixture("chat-templates/conversations.json")))
        return try file.elements.map { (try #require($0["name"]?.string), try Conversation(reference: $0)) }
    }

    init(reference file: JSON) throws {
        let messages = try #require(file["messages"]).elements.map { message in
            guard case .mapping(let fields) = TemplateValue(message) else { return ChatMessage(fields: []) }
            return ChatMessage(fields: fields)
        }
        var variables: [TemplateVariable] = []
        if case .mapping(let fields)? = file["variables"].map({ TemplateValue($0) }) { variables = fields }
        let tools = file["tools"].flatMap { $0.isNull ? nil : $0.elements.map { TemplateValue($0) } }
        self.init(
            messages: messages, tools: tools, addGenerationPrompt: file["add_generation_prompt"]?.bool ?? false,
            variables: variables,
            now: CalendarTime(year: 2026, month: 8, day: 22, hour: 12, minute: 34, second: 56))
    }
}

/// What became of a rendering, in the words of Tests/Differential/jinja_reference.py.
enum Rendering: Equatable {
    case text(String)
    case raised(String)
    case failed(String)

    init(_ render: () throws(TemplateError) -> String) {
        do throws(TemplateError) { self = .text(try render()) } catch {
            if case .raised(let message) = error { self = .raised(message) } else { self = .failed("\(error)") }
        }
    }

    /// Length and FNV-1a hash of the UTF-8, marked as in shared.expected.
    var digest: String {
        switch self {
        case .text(let text): Rendering.digest(text)
        case .raised(let message): "!" + Rendering.digest(message)
        case .failed: "x"
        }
    }

    private static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return "\(text.utf8.count):" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
