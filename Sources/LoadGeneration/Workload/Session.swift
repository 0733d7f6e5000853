// Session.swift — what is to be asked: sessions of turns, most of them of one.
// LoadGeneration › Workload.

package struct Message: Sendable, Equatable {
    package let role: String
    package let content: String

    package init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    package static func user(_ content: String) -> Message { Message(role: "user", content: content) }
}

/// One request of a session.
package struct Turn: Sendable, Equatable {
    /// What is said before the answer; the history comes before it by itself.
    package var messages: [Message]
    package var maxTokens: Int
    /// After the answer before it.
    package var thinkSeconds = 0.0

    package init(messages: [Message], maxTokens: Int, thinkSeconds: Double = 0) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.thinkSeconds = thinkSeconds
    }
}

/// Turns that follow each other: each waits for the answer before it, which becomes part of its prompt.
package struct Session: Sendable, Equatable {
    package var turns: [Turn]
    /// A long prompt among short ones.
    package var isIntruder = false

    package init(turns: [Turn], isIntruder: Bool = false) {
        self.turns = turns
        self.isIntruder = isIntruder
    }

    package init(prompt: String, maxTokens: Int) {
        self.init(turns: [Turn(messages: [.user(prompt)], maxTokens: maxTokens)])
    }
}
