// JSONDump.swift — the filter `tojson`, which is Python's `json.dumps`.
// Tokenization › ChatTemplate › Library.  transformers replaces Jinja's own filter, which escapes for HTML, by it.

/// Writes a value as JSON, keeping the order of members and each character's origin.
struct JSONDump {
    /// nil: one line. Else each level is indented by this once more.
    var indent: TemplateString?
    var escapesNonASCII = false
    var itemSeparator: TemplateString
    var keySeparator: TemplateString = ": "
    var sortsKeys = false

    private let evaluator: Evaluator
    private var output: [TemplateCharacter] = []

    static func filter(
        _ evaluator: Evaluator, _ value: Value, _ arguments: CallArguments
    ) throws(TemplateFault) -> Value {
        let given = try arguments.bound("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
        var dump = JSONDump(evaluator)
        dump.escapesNonASCII = given[0].isTrue(default: false)
        dump.sortsKeys = given[3].isTrue(default: false)
        switch given[1] {
        case nil, .null: break
        case .string(let indent): dump.indent = indent
        case let width:
            let width = max(0, try width.integer("indent", default: 0))
            try evaluator.spend(characters: width)
            dump.indent = TemplateString(String(repeating: " ", count: width))
        }
        if dump.indent != nil { dump.itemSeparator = "," }
        if let separators = given[2], separators.isTrue {
            let pair = try evaluator.elements(of: separators)
            guard pair.count == 2, let item = pair[0].asString, let key = pair[1].asString else {
                throw TemplateFault("separators must be a pair of strings")
            }
            dump.itemSeparator = item
            dump.keySeparator = key
        }
        try dump.write(value, level: 0)
        return .string(TemplateString(dump.output))
    }

    private init(_ evaluator: Evaluator) {
        self.evaluator = evaluator
        itemSeparator = ", "
    }

    private mutating func write(_ value: Value, level: Int) throws(TemplateFault) {
        try evaluator.spend()
        switch value {
        case .null: append("null")
        case .boolean(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .float(let value): append(JSONDump.number(value))
        case .string(let string):
            try evaluator.spend(characters: string.count)
            write(string)
        case .list(let list) where list.kind == .list || list.kind == .tuple:
            try writeContainer("[", list.elements, "]", level: level) { (dump, element) throws(TemplateFault) in
                try dump.write(element, level: level + 1)
            }
        case .mapping(let mapping):
            var entries = try mapping.items()
            if sortsKeys {
                entries = try entries.sorted { (a, b) throws(TemplateFault) in
                    try JSONDump.key(a).isLess(than: JSONDump.key(b))
                }
            }
            try writeContainer("{", entries, "}", level: level) { (dump, entry) throws(TemplateFault) in
                guard case .list(let pair) = entry else { return }
                dump.write(try JSONDump.name(pair.elements[0]))
                dump.output += dump.keySeparator.characters
                try dump.write(pair.elements[1], level: level + 1)
            }
        case .undefined, .list, .iterator, .namespace, .loop, .function:
            throw TemplateFault("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func writeContainer(
        _ open: String, _ elements: [Value], _ close: String, level: Int,
        _ body: (inout JSONDump, Value) throws(TemplateFault) -> Void
    ) throws(TemplateFault) {
        append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { output += itemSeparator.characters }
            try breakLine(level + 1)
            try evaluator.deeper { () throws(TemplateFault) in try body(&self, element) }
        }
        if !elements.isEmpty { try breakLine(level) }
        append(close)
    }

    private mutating func breakLine(_ level: Int) throws(TemplateFault) {
        try evaluator.check(characters: output.count)
        guard let indent else { return }
        append("\n")
        for _ in 0..<level {
            output += indent.characters
            try evaluator.check(characters: output.count)
        }
    }

    private mutating func append(_ text: String) { output += text.unicodeScalars.map { TemplateCharacter($0) } }

    private static func key(_ entry: Value) -> Value {
        if case .list(let pair) = entry { pair.elements[0] } else { .null }
    }

    /// A member's name: numbers, booleans and None are spelled as JSON.
    private static func name(_ key: Value) throws(TemplateFault) -> TemplateString {
        switch key {
        case .string(let string): string
        case .integer(let value): TemplateString(String(value))
        case .float(let value): TemplateString(number(value))
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        default: throw TemplateFault("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private static func number(_ value: Double) -> String {
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonText.float(value)
    }

    private mutating func write(_ string: TemplateString) {
        append("\"")
        for character in string.characters {
            let escape: String? =
                switch character.scalar {
                case "\"": "\\\""
                case "\\": "\\\\"
                case "\n": "\\n"
                case "\r": "\\r"
                case "\t": "\\t"
                case "\u{08}": "\\b"
                case "\u{0c}": "\\f"
                case let scalar where scalar.value < 0x20: JSONDump.escape(UInt16(scalar.value))
                case let scalar where escapesNonASCII && scalar.value > 0x7e:
                    String(scalar).utf16.map(JSONDump.escape).joined()
                default: nil
                }
            if let escape {
                output += escape.unicodeScalars.map(character.replaced)
            } else {
                output.append(character)
            }
        }
        append("\"")
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
