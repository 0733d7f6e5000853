// ChatHistory.swift — the messages so far, and which of them still fit the model's context.
// swiftlet › Chat.

import Base
import Tokenization

/// A system text and the turns after it, always ending with the person's last message when `tokens` is asked.
struct ChatHistory {
    var system: String?
    private(set) var turns: [ChatMessage] = []
    /// Messages before this one were dropped for want of room.
    private var firstKept = 0

    init(system: String?) { self.system = system }

    mutating func add(user text: String) { turns.append(ChatMessage(role: "user", content: text)) }
    mutating func add(assistant text: String) { turns.append(ChatMessage(role: "assistant", content: text)) }

    mutating func removeAll() {
        turns = []
        firstKept = 0
    }

    /// Takes the last message back: it could not be answered.
    mutating func removeLast() {
        turns.removeLast()
        firstKept = min(firstKept, turns.count)
    }

    /// The prompt, with the oldest exchanges left out until it leaves `room` tokens of the context.
    /// - Returns: the tokens, and how many messages were newly left out; nil when the last message alone is too long.
    mutating func tokens(
        _ tokenizer: Tokenizer, context: Int, room: Int
    ) throws -> (tokens: [TokenID], droppedCount: Int)? {
        let firstBefore = firstKept
        while true {
            let opening = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
            let tokens = try tokenizer.encodeChat(Conversation(messages: opening + turns[firstKept...]))
            if tokens.count + room <= context { return (tokens, firstKept - firstBefore) }
            // A question goes together with its answer.
            guard firstKept + 2 < turns.count else {
                // Less room than hoped for is better than nothing.
                return tokens.count < context ? (tokens, firstKept - firstBefore) : nil
            }
            firstKept += 2
        }
    }
}
