// DatasetFile.swift — prompts that people wrote: ShareGPT's JSON, or one JSON object per line.
// LoadGeneration › Workload.

import Base

package struct DatasetError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

package enum DatasetFile {
    /// Reads sessions from a file whose entries are any of
    ///
    ///     {"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}      ShareGPT
    ///     {"messages": [{"role": "user", "content": "…"}], "max_tokens": 100}
    ///     {"prompt": "…", "max_tokens": 100}
    ///
    /// in one array, or one per line. Of a conversation, everything before its last answer is the prompt, and that
    /// answer's length is the output wanted; `max_tokens` or `output_tokens` says otherwise.
    /// - Parameters:
    ///   - outputTokens: for all entries, whatever they say.
    ///   - tokenCount: the length of a text; without a tokenizer, an estimate.
    /// - Throws: `FileError`, `JSONError`, or `DatasetError` naming the first entry that makes no sense.
    package static func sessions(
        _ path: String, outputTokens: Int?, tokenCount: (String) -> Int
    ) throws -> [Session] {
        let bytes = try ReadFile.bytes(path, limit: 1 << 31 - 1)
        var sessions: [Session] = []
        for (number, entry) in try entries(bytes).enumerated() {
            guard let session = session(entry, outputTokens, tokenCount) else {
                throw DatasetError(
                    description: "\(path): entry \(number + 1) has no prompt, no messages and no conversations")
            }
            if !session.turns.isEmpty { sessions.append(session) }
        }
        guard !sessions.isEmpty else { throw DatasetError(description: "\(path) holds no prompts") }
        return sessions
    }

    /// The elements of an array, or one value per line.
    static func entries(_ bytes: [UInt8]) throws -> [JSON] {
        let white = Set(" \t\r\n".utf8)
        if bytes.first(where: { !white.contains($0) }) == UInt8(ascii: "[") {
            return Array(try JSON.parse(bytes).elements)
        }
        return try bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.allSatisfy(white.contains) }
            .map { try JSON.parse(Array($0)) }
    }

    /// An entry without a prompt is nil, one whose conversation has nothing to ask has no turns.
    private static func session(_ entry: JSON, _ outputTokens: Int?, _ tokenCount: (String) -> Int) -> Session? {
        var messages: [Message] = []
        var answer: String?
        if let prompt = entry["prompt"]?.string {
            messages = [.user(prompt)]
        } else if let list = entry["messages"] ?? entry["conversations"], list.kind == .array {
            messages = list.elements.compactMap { message in
                guard let role = (message["role"] ?? message["from"])?.string,
                    let content = (message["content"] ?? message["value"])?.string
                else { return nil }
                return Message(role: roles[role] ?? role, content: content)
            }
            if let last = messages.lastIndex(where: { $0.role == "assistant" }) {
                answer = messages[last].content
                messages.removeSubrange(last...)
            }
        } else {
            return nil
        }
        guard messages.contains(where: { $0.role == "user" }) else { return Session(turns: []) }
        let written = (entry["max_tokens"] ?? entry["output_tokens"])?.integer
        let length = outputTokens ?? written ?? answer.map(tokenCount) ?? 128
        return Session(turns: [Turn(messages: messages, maxTokens: min(max(1, length), 1 << 20))])
    }

    /// ShareGPT's names for who speaks.
    private static let roles = ["human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant"]
}
