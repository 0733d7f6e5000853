// TemplateToken.swift — the pieces a template's source falls into.
// Tokenization › ChatTemplate › Syntax.

/// One token and the line it began on.
struct TemplateToken: Equatable {
    enum Kind: Equatable {
        /// Text outside tags, as it will be printed.
        case data(TemplateString)
        case statementBegin, statementEnd
        case outputBegin, outputEnd
        case name(String)
        case string(TemplateString)
        case integer(Int)
        case float(Double)
        /// `+ - * / // % ** ~ == != < <= > >= = . : | , ; ( ) [ ] { }`
        case symbol(String)
        case end
    }

    let kind: Kind
    let line: Int

    /// For messages.
    var description: String {
        switch kind {
        case .data: "text"
        case .statementBegin: "{%"
        case .statementEnd: "%}"
        case .outputBegin: "{{"
        case .outputEnd: "}}"
        case .name(let name): name
        case .string(let string): "\"\(string.text)\""
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .symbol(let symbol): symbol
        case .end: "the end of the template"
        }
    }
}
