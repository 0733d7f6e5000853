// ChatTemplates.swift — the templates that come with a model, and which one a conversation gets.
// Tokenization › ChatTemplate.

/// A model's templates. One that does not parse is kept as its error: the model still completes plain prompts.
struct ChatTemplates: Sendable {
    private(set) var plain: Result<ChatTemplate, TemplateError> = .failure(.missing)
    /// For conversations with tools, where the model has a template of its own for them.
    private(set) var withTools: Result<ChatTemplate, TemplateError>?

    init() {}

    init(source: String?) {
        if let source { plain = ChatTemplates.parse(source) }
    }

    /// `chat_template` of tokenizer_config.json: a template, or a list of named ones.
    init(_ file: LocatedJSON) throws(TokenizerError) {
        if file.elements.isEmpty, let source = try file.string() { plain = ChatTemplates.parse(source) }
        for entry in file.elements {
            let source = try entry["template"].requiredString()
            switch try entry["name"].requiredString() {
            case "default": plain = ChatTemplates.parse(source)
            case "tool_use": withTools = ChatTemplates.parse(source)
            default: break  // For other uses than a conversation.
            }
        }
    }

    func template(hasTools: Bool) throws(TemplateError) -> ChatTemplate {
        if hasTools, let withTools { return try withTools.get() }
        return try plain.get()
    }

    private static func parse(_ source: String) -> Result<ChatTemplate, TemplateError> {
        do throws(TemplateError) { return .success(try ChatTemplate(source: source)) } catch { return .failure(error) }
    }
}
