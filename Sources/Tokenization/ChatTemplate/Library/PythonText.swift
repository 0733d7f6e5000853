// PythonText.swift — Python's `str()` and `repr()`.
// Tokenization › ChatTemplate › Library.

extension Evaluator {
    /// `str(value)`, which is also what `{{ }}` prints.
    func string(_ value: Value) throws(TemplateFault) -> TemplateString {
        switch value {
        case .string(let string): string
        case .undefined: ""
        default: try repr(value)
        }
    }

    /// `repr(value)`: as a list prints its elements.
    func repr(_ value: Value) throws(TemplateFault) -> TemplateString {
        try spend(value.parts)
        let text = PythonText.repr(value)
        try spend(characters: text.count)
        return text
    }
}

enum PythonText {
    /// As a list prints its elements.
    static func repr(_ value: Value) -> TemplateString {
        switch value {
        case .undefined: return "Undefined"
        case .null: return "None"
        case .boolean(let value): return value ? "True" : "False"
        case .integer(let value): return TemplateString(String(value))
        case .float(let value): return TemplateString(float(value))
        case .string(let string):
            let quoted = repr(string)
            return string.isMarkup ? enclosed("Markup(", [quoted], ")") : quoted
        case .list(let list):
            let elements = list.elements.map(repr)
            switch list.kind {
            case .list: return enclosed("[", elements, "]")
            case .tuple: return elements.count == 1 ? enclosed("(", elements, ",)") : enclosed("(", elements, ")")
            case .keys: return enclosed("dict_keys([", elements, "])")
            case .values: return enclosed("dict_values([", elements, "])")
            case .items: return enclosed("dict_items([", elements, "])")
            case .range(let start, let stop, let step):
                return TemplateString(step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))")
            }
        case .mapping(let mapping):
            let separator: TemplateString = ": "
            return enclosed("{", mapping.entries.map { separator.joined([repr($0.key), repr($0.value)]) }, "}")
        case .iterator: return "<generator object>"
        case .namespace: return "<Namespace>"
        case .loop(let loop): return TemplateString("<LoopContext \(loop.index + 1)>")
        case .function(let function): return TemplateString("<function \(function.name)>")
        }
    }

    private static func enclosed(_ open: String, _ parts: [TemplateString], _ close: String) -> TemplateString {
        let separator: TemplateString = ", "
        return TemplateString(
            TemplateString(open).characters + separator.joined(parts).characters + TemplateString(close).characters)
    }

    /// In single quotes, unless only those occur inside; what does not print is escaped.
    static func repr(_ string: TemplateString) -> TemplateString {
        let hasSingle = string.characters.contains { $0.scalar == "'" }
        let hasDouble = string.characters.contains { $0.scalar == "\"" }
        let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
        var result = [TemplateCharacter(quote)]
        for character in string.characters {
            let escape: String? =
                switch character.scalar {
                case "\\": "\\\\"
                case "\n": "\\n"
                case "\r": "\\r"
                case "\t": "\\t"
                case quote: "\\" + String(quote)
                case let scalar where !isPrintable(scalar): hexadecimalEscape(scalar)
                default: nil
                }
            if let escape {
                result += escape.unicodeScalars.map(character.replaced)
            } else {
                result.append(character)
            }
        }
        return TemplateString(result + [TemplateCharacter(quote)])
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == " " { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func hexadecimalEscape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
    }

    /// The shortest digits that read back as the same double, with Python's choice of notation.
    static func float(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let (digits, exponent) = shortestDigits(value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = String(exponent.magnitude)
            return sign + String(digits.first ?? "0") + fraction + "e" + (exponent < 0 ? "-" : "+")
                + (magnitude.count < 2 ? "0" : "") + magnitude
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// Significant digits and the power of ten of the first. Swift prints the shortest digits too, but switches to
    /// exponents elsewhere, so the two are taken apart here.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
        if value == 0 { return ("0", 0) }
        var mantissa = Substring(value.description)
        var exponent = 0
        if let mark = mantissa.firstIndex(of: "e") {
            exponent = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
            mantissa = mantissa[..<mark]
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
        exponent += parts[0].count - 1
        while digits.hasPrefix("0") && digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0") && digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }
}
