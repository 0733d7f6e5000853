// ChatTemplate.swift — a conversation to the text that a model was trained to see.
// Tokenization › ChatTemplate.  Reference: transformers' `apply_chat_template` (jinja2, immutable sandbox).

/// A model's chat template, parsed. Immutable, so any thread may use it.
package struct ChatTemplate: Sendable {
    private let body: [TemplateStatement]
    private let names: [String]
    private let limits: TemplateLimits

    /// - Throws: `TemplateError.syntax` with the line.
    package init(source: String, limits: TemplateLimits = TemplateLimits()) throws(TemplateError) {
        var parser = try TemplateParser(source)
        body = try parser.parseTemplate()
        names = parser.names
        self.limits = limits
    }

    /// The rendered prompt as text.
    /// - Throws: `raised` with the template's own words where it refuses the conversation; `runtime` with the line
    ///   where an operation fails; `limit` where it goes past `TemplateLimits`.
    package func render(_ conversation: Conversation) throws(TemplateError) -> String {
        let characters = try renderCharacters(conversation)
        return TemplateString(characters).text
    }

    /// The rendered prompt with each byte's origin.
    func renderMarked(_ conversation: Conversation) throws(TemplateError) -> MarkedText {
        var text = MarkedText(bytes: [])
        for character in try renderCharacters(conversation) {
            text.bytes += UTF8.encode(character.scalar).unsafelyUnwrapped
            text.marks += repeatElement(character.isInput, count: text.bytes.count - text.marks.count)
        }
        return text
    }

    private func renderCharacters(_ conversation: Conversation) throws(TemplateError) -> [TemplateCharacter] {
        let evaluator = Evaluator(names: names, limits: limits, now: conversation.now)
        do throws(TemplateFault) {
            let globals = Scope(inside: nil)
            for (name, value) in try conversation.globals() {
                // Names that the template does not mention need no place.
                if let id = names.firstIndex(of: name) { globals.set(id, value) }
            }
            return try evaluator.render(body, globals: globals)
        } catch {
            switch error.kind {
            case .raised: throw .raised(message: error.message)
            case .runtime: throw .runtime(line: evaluator.line, message: error.message)
            case .limit: throw .limit(line: evaluator.line, message: error.message)
            }
        }
    }
}
