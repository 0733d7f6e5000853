// TemplateError.swift — why a chat template cannot be read or rendered.
// Tokenization › ChatTemplate.

/// A failure of a template. The server answers 400 with the description; `raised` carries the template's own words.
package enum TemplateError: Error, Equatable, CustomStringConvertible {
    /// The template itself is not well formed.
    case syntax(line: Int, message: String)
    /// The template called `raise_exception`: the conversation is not one that it takes.
    case raised(message: String)
    /// An operation failed while rendering: something undefined was used, types did not fit.
    case runtime(line: Int, message: String)
    /// Rendering went past a bound on steps, output or nesting.
    case limit(line: Int, message: String)
    /// The model has no chat template.
    case missing

    package var description: String {
        switch self {
        case .syntax(let line, let message): "chat template, line \(line): \(message)"
        case .raised(let message): message
        case .runtime(let line, let message): "chat template, line \(line): \(message)"
        case .limit(let line, let message): "chat template, line \(line): \(message)"
        case .missing: "the model has no chat template; use a plain prompt, or add chat_template.jinja to its folder"
        }
    }
}

/// Bounds on one rendering, so that no template can hang or exhaust the server.
package struct TemplateLimits: Sendable, Equatable {
    /// Statements and expressions evaluated; work on long strings counts by length.
    package var steps = 10_000_000
    /// Characters in the output, and in any one string made on the way.
    package var characters = 4 << 20
    /// Statements and expressions inside one another, macro calls included. Rendering to this depth takes less than
    /// two megabytes of stack.
    package var depth = 500

    package init() {}
}
