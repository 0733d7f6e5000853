// TemplateLexer.swift — text and tags: where Jinja's white-space rules are applied.
// Tokenization › ChatTemplate › Syntax.  Reference: jinja2's lexer with trim_blocks and lstrip_blocks.

/// Cuts a template into tokens. What is inside a tag is read by `TemplateLexer+Tags.swift`.
struct TemplateLexer {
    let source: [Unicode.Scalar]
    var position = 0
    var line = 1
    var tokens: [TemplateToken] = []
    /// The closing brackets that are due.
    var brackets: [Unicode.Scalar] = []
    /// What came last ended a line: white space before the next tag may be indentation.
    private var isAtLineStart = true

    static func tokenize(_ source: String) throws(TemplateError) -> [TemplateToken] {
        var lexer = TemplateLexer(source)
        try lexer.run()
        return lexer.tokens
    }

    /// Line breaks become `\n`, and one at the very end is dropped.
    private init(_ text: String) {
        var source: [Unicode.Scalar] = []
        source.reserveCapacity(text.unicodeScalars.count)
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                source.append("\n")
            } else if !(scalar == "\n" && previous == "\r") {
                source.append(scalar)
            }
            previous = scalar
        }
        if source.last == "\n" { source.removeLast() }
        self.source = source
    }

    private mutating func run() throws(TemplateError) {
        while position < source.count {
            guard let tag = nextTagStart() else {
                appendData(source[position...])
                position = source.count
                break
            }
            switch source[tag + 1] {
            case "{": try readTag(at: tag, .outputBegin, ends: .outputEnd)
            case "#": try skipComment(at: tag)
            default:
                if let (bodyStart, sign) = rawTag(at: tag, named: "raw") {
                    try readRaw(at: tag, sign: sign, bodyStart: bodyStart)
                } else {
                    try readTag(at: tag, .statementBegin, ends: .statementEnd)
                }
            }
        }
        tokens.append(TemplateToken(kind: .end, line: line))
    }

    private func nextTagStart() -> Int? {
        var index = position
        while index + 1 < source.count {
            if source[index] == "{", source[index + 1] == "{" || source[index + 1] == "%" || source[index + 1] == "#" {
                return index
            }
            index += 1
        }
        return nil
    }

    // MARK: - White space around tags

    /// Appends the text before a tag: without trailing white space after `{%-`, without the tag's indentation for
    /// statements and comments (`lstrip_blocks`).
    private mutating func appendData(before tag: Int, sign: Unicode.Scalar?, isOutput: Bool) {
        var end = tag
        if sign == "-" {
            while end > position && source[end - 1].isTemplateSpace { end -= 1 }
        } else if sign != "+" && !isOutput {
            var lineStart = tag
            while lineStart > position && source[lineStart - 1] != "\n" { lineStart -= 1 }
            let isIndentation = source[lineStart..<tag].allSatisfy(\.isTemplateSpace)
            if isIndentation && (lineStart > position || isAtLineStart) { end = lineStart }
        }
        appendData(source[position..<end])
        countLines(in: end..<tag)
    }

    private mutating func appendData(_ text: ArraySlice<Unicode.Scalar>) {
        if !text.isEmpty {
            tokens.append(TemplateToken(kind: .data(TemplateString(text.map { TemplateCharacter($0) })), line: line))
        }
        countLines(in: text.indices)
    }

    /// Moves past a tag's end: `-%}` takes all white space after it, `%}` one line break (`trim_blocks`).
    private mutating func finishTag(at end: Int, length: Int, sign: Unicode.Scalar?, trimsLineBreak: Bool) {
        var next = end + length
        if sign == "-" {
            while next < source.count && source[next].isTemplateSpace { next += 1 }
        } else if sign != "+" && trimsLineBreak && next < source.count && source[next] == "\n" {
            next += 1
        }
        countLines(in: end..<next)
        isAtLineStart = source[next - 1] == "\n"
        position = next
    }

    private mutating func countLines(in range: Range<Int>) {
        for index in range where source[index] == "\n" { line += 1 }
    }

    /// `-` or `+` right after a tag's opening.
    private func sign(at index: Int) -> Unicode.Scalar? {
        index < source.count && (source[index] == "-" || source[index] == "+") ? source[index] : nil
    }

    // MARK: - Tags

    private mutating func readTag(
        at tag: Int, _ begin: TemplateToken.Kind, ends: TemplateToken.Kind
    ) throws(TemplateError) {
        let isOutput = begin == .outputBegin
        let opening = sign(at: tag + 2)
        appendData(before: tag, sign: opening, isOutput: isOutput)
        tokens.append(TemplateToken(kind: begin, line: line))
        position = tag + 2 + (opening == nil ? 0 : 1)
        brackets = []
        while true {
            skipSpaces()
            guard position < source.count else { throw failure("the tag is not closed") }
            // Inside brackets `}}` closes brackets, not the tag.
            if brackets.isEmpty, let (end, length, closing) = tagEnd(isOutput) {
                tokens.append(TemplateToken(kind: ends, line: line))
                finishTag(at: end, length: length, sign: closing, trimsLineBreak: !isOutput)
                return
            }
            try readTagToken()
        }
    }

    /// `%}`, `-%}`, `+%}`, `}}` or `-}}` at the position.
    private func tagEnd(_ isOutput: Bool) -> (end: Int, length: Int, sign: Unicode.Scalar?)? {
        let first: Unicode.Scalar = isOutput ? "}" : "%"
        func closes(_ index: Int) -> Bool {
            index + 1 < source.count && source[index] == first && source[index + 1] == "}"
        }
        if closes(position) { return (position, 2, nil) }
        if let sign = sign(at: position), closes(position + 1), sign == "-" || !isOutput { return (position, 3, sign) }
        return nil
    }

    private mutating func skipComment(at tag: Int) throws(TemplateError) {
        let opening = sign(at: tag + 2)
        appendData(before: tag, sign: opening, isOutput: false)
        let textStart = tag + 2 + (opening == nil ? 0 : 1)
        var index = textStart
        while index + 1 < source.count && !(source[index] == "#" && source[index + 1] == "}") { index += 1 }
        guard index + 1 < source.count else { throw failure("the comment is not closed") }
        let closing = index > textStart ? sign(at: index - 1) : nil
        countLines(in: tag..<index)
        finishTag(at: index, length: 2, sign: closing, trimsLineBreak: true)
    }

    /// A `raw` or `endraw` tag at `tag`: where it ends (before white-space rules), and its opening sign.
    private func rawTag(at tag: Int, named name: String) -> (end: Int, sign: Unicode.Scalar?)? {
        guard tag + 1 < source.count, source[tag] == "{", source[tag + 1] == "%" else { return nil }
        let opening = sign(at: tag + 2)
        var index = tag + 2 + (opening == nil ? 0 : 1)
        func skip() { while index < source.count && source[index].isTemplateSpace { index += 1 } }
        skip()
        guard source[index...].starts(with: name.unicodeScalars) else { return nil }
        index += name.unicodeScalars.count
        skip()
        let closing = sign(at: index) == nil ? index : index + 1
        guard closing + 1 < source.count, source[closing] == "%", source[closing + 1] == "}" else { return nil }
        return (index, opening)
    }

    private mutating func readRaw(at tag: Int, sign opening: Unicode.Scalar?, bodyStart: Int) throws(TemplateError) {
        appendData(before: tag, sign: opening, isOutput: false)
        finishRawTag(at: bodyStart, from: tag, trimsLineBreak: false)
        var index = position
        while index < source.count {
            if let (end, sign) = rawTag(at: index, named: "endraw") {
                appendData(before: index, sign: sign, isOutput: false)
                finishRawTag(at: end, from: index, trimsLineBreak: true)
                return
            }
            index += 1
        }
        throw failure("raw is not closed")
    }

    private mutating func finishRawTag(at end: Int, from tag: Int, trimsLineBreak: Bool) {
        countLines(in: tag..<end)
        let closing = sign(at: end)
        finishTag(at: end, length: closing == nil ? 2 : 3, sign: closing, trimsLineBreak: trimsLineBreak)
    }

    func failure(_ message: String) -> TemplateError { .syntax(line: line, message: message) }
}

extension Unicode.Scalar {
    /// What Python's `\s` and `str.isspace` take for white space.
    var isTemplateSpace: Bool { TemplateCharacter(self).isSpace }
}
