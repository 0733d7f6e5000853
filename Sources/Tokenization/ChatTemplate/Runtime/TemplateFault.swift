// TemplateFault.swift — how evaluation stops on the inside.
// Tokenization › ChatTemplate › Runtime.  At the module's edge it becomes a TemplateError with its line.

/// Why evaluation stopped; the evaluator adds the line.
struct TemplateFault: Error {
    enum Kind { case runtime, raised, limit }
    let kind: Kind
    let message: String

    init(_ message: String, kind: Kind = .runtime) {
        self.kind = kind
        self.message = message
    }
}
