// ChatTemplates.swift — the templates that come with a model, and which one a conversation gets.
// Tokenization › ChatTemplate.

/// A model's templates. One that does not parse is kept as its error: the model still completes plain prompts.
struct ChatTemplates: Sendable {
    private(set) var plain: Result<ChatTemplate, TemplateError> = .failure(.missing)
    /// For conversations with tools, where the model has a template of its own for them.
    private(set) var withTools: Result<ChatTemplate, TemplateError>?

    init() {}

    init(_ sources: ChatTemplateSources) {
        if let source = sources.plain { plain = ChatTemplates.parse(source) }
        withTools = sources.withTools.map(ChatTemplates.parse)
    }

    func template(hasTools: Bool) throws(TemplateError) -> ChatTemplate {
        if hasTools, let withTools { return try withTools.get() }
        return try plain.get()
    }

    private static func parse(_ source: String) -> Result<ChatTemplate, TemplateError> {
        do throws(TemplateError) { return .success(try ChatTemplate(source: source)) } catch { return .failure(error) }
    }
}
