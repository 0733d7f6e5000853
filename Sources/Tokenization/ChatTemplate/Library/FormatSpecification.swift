// FormatSpecification.swift — how one value is laid out: width, alignment, sign, precision, type.
// Tokenization › ChatTemplate › Library.  Python's format specification mini-language, and what "%" has in common.

/// `[[fill]align][sign][#][0][width][grouping][.precision][type]`
struct FormatSpecification {
    var fill: TemplateCharacter = TemplateCharacter(" ")
    /// `<` left, `>` right, `^` centre, `=` after the sign; nil: as the type likes it.
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    init() {}

    init(_ text: TemplateString) throws(TemplateFault) {
        var rest = text.characters[...]
        func isAlignment(_ character: TemplateCharacter) -> Bool { "<>^=".unicodeScalars.contains(character.scalar) }
        func take(_ allowed: String) -> Unicode.Scalar? {
            guard let first = rest.first, allowed.unicodeScalars.contains(first.scalar) else { return nil }
            rest = rest.dropFirst()
            return first.scalar
        }
        func number() throws(TemplateFault) -> Int? {
            let digits = rest.prefix { ("0"..."9").contains($0.scalar) }
            rest = rest.dropFirst(digits.count)
            if digits.isEmpty { return nil }
            guard let value = Int(TemplateString(digits).text) else {
                throw TemplateFault("Too many decimal digits in format string")
            }
            return value
        }
        if rest.count >= 2, isAlignment(rest[rest.startIndex + 1]) {
            fill = rest[rest.startIndex]
            alignment = rest[rest.startIndex + 1].scalar
            rest = rest.dropFirst(2)
        } else {
            alignment = take("<>^=")
        }
        sign = take("+- ") ?? "-"
        isAlternate = take("#") != nil
        if take("0") != nil, alignment == nil {
            fill = TemplateCharacter("0")
            alignment = "="
        }
        width = try number() ?? 0
        grouping = take(",_")
        if take(".") != nil {
            guard let given = try number() else { throw TemplateFault("Format specifier missing precision") }
            precision = given
        }
        type = rest.popFirst()?.scalar
        guard rest.isEmpty else { throw TemplateFault("Invalid format specifier '\(text.text)'") }
    }

    /// Lays out a string.
    func format(_ string: TemplateString, _ evaluator: Evaluator) throws(TemplateFault) -> TemplateString {
        if let type, type != "s" { throw TemplateFault("Unknown format code '\(type)' for object of type 'str'") }
        if alignment == "=" { throw TemplateFault("'=' alignment not allowed in string format specifier") }
        return try pad(sign: "", string.slice(0..<min(precision ?? .max, string.count)), "<", evaluator)
    }

    /// Lays out a number.
    func format(_ value: Value, _ evaluator: Evaluator) throws(TemplateFault) -> TemplateString {
        if let integer = value.asInteger, let radix = integerRadix {
            if precision != nil { throw TemplateFault("Precision not allowed in integer format specifier") }
            var digits = String(integer.magnitude, radix: radix, uppercase: type == "X")
            if grouping != nil { digits = grouped(digits, by: radix == 10 ? 3 : 4) }
            let prefix =
                isAlternate
                ? ["": "", "x": "0x", "X": "0X", "o": "0o", "b": "0b"][type.map(String.init) ?? ""] ?? "" : ""
            return try pad(sign: signText(integer < 0) + prefix, TemplateString(digits), ">", evaluator)
        }
        guard let double = value.asDouble else {
            throw TemplateFault("unsupported format string passed to \(value.typeName).__format__")
        }
        return try pad(sign: signText(double.sign == .minus), TemplateString(try digits(of: double)), ">", evaluator)
    }

    private var integerRadix: Int? {
        switch type {
        case nil, "d", "n": 10
        case "x", "X": 16
        case "o": 8
        case "b": 2
        default: nil
        }
    }

    private func digits(of value: Double) throws(TemplateFault) -> String {
        let magnitude = value.magnitude
        var text: String
        switch type {
        case nil where precision == nil: text = PythonText.float(magnitude)
        case nil, "n": text = CFormat.format("g", magnitude, precision: max(1, precision ?? 6))
        case "f", "F", "e", "E", "g", "G":
            let letter = Character(type ?? "f")
            text = CFormat.format(letter, magnitude, precision: precision ?? 6, isAlternate: isAlternate)
        case "%": text = CFormat.fixed(magnitude * 100, precision ?? 6) + "%"
        case .some(let type): throw TemplateFault("Unknown format code '\(type)' for object of type 'float'")
        }
        if grouping != nil, let first = text.first, first.isNumber {
            let whole = text.prefix { $0.isNumber }
            text = grouped(String(whole), by: 3) + text.dropFirst(whole.count)
        }
        return text
    }

    private func signText(_ isNegative: Bool) -> String {
        isNegative ? "-" : sign == "+" ? "+" : sign == " " ? " " : ""
    }

    private func grouped(_ digits: String, by size: Int) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % size == 0 { result.unicodeScalars.append(grouping ?? ",") }
            result.append(digit)
        }
        return result
    }

    func pad(
        sign: String, _ body: TemplateString, _ usual: Unicode.Scalar, _ evaluator: Evaluator
    ) throws(TemplateFault) -> TemplateString {
        try evaluator.spend(characters: max(width, body.count))
        let sign = TemplateString(sign).characters
        let missing = max(0, width - body.count - sign.count)
        let left: Int =
            switch alignment ?? usual {
            case "<": 0
            case "^": missing / 2
            default: missing
            }
        let padding = repeatElement(fill, count: missing)
        if alignment == "=" { return TemplateString(sign + padding + body.characters) }
        return TemplateString(Array(padding.prefix(left)) + sign + body.characters + padding.dropFirst(left))
    }
}
