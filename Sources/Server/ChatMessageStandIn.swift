package struct ChatMessage: Sendable, Equatable {
    package var role: String
    package var content: String
    package init(role: String, content: String) { self.role = role; self.content = content }
}
