// BraceFormat.swift — `str.format`: "{}", "{0}", "{name.field[key]!r:>10}".
// Tokenization › ChatTemplate › Library.

enum BraceFormat {
    static let method: StringMethods.Method = { (evaluator, string, arguments) throws(TemplateFault) in
        var formatter = Formatter(evaluator: evaluator, arguments: arguments, isMarkup: string.isMarkup)
        return .string(string.with(try formatter.format(string, nesting: 0).characters))
    }

    static let mapMethod: StringMethods.Method = { (evaluator, string, arguments) throws(TemplateFault) in
        guard case .mapping(let mapping) = try arguments.single("format_map") else {
            throw TemplateFault("format_map() argument must be a mapping")
        }
        var named: [(name: String, value: Value)] = []
        for entry in mapping.entries {
            if let name = entry.key.asString { named.append((name.text, entry.value)) }
        }
        return try method(evaluator, string, CallArguments(named: named))
    }

    private struct Formatter {
        let evaluator: Evaluator
        let arguments: CallArguments
        let isMarkup: Bool
        /// Fields are numbered by the template or counted here, not both.
        private enum Numbering { case undecided, counted(next: Int), written }
        private var numbering = Numbering.undecided

        init(evaluator: Evaluator, arguments: CallArguments, isMarkup: Bool) {
            self.evaluator = evaluator
            self.arguments = arguments
            self.isMarkup = isMarkup
        }

        mutating func format(_ string: TemplateString, nesting: Int) throws(TemplateFault) -> TemplateString {
            guard nesting < 3 else { throw TemplateFault("Max string recursion exceeded") }
            var result: [TemplateCharacter] = []
            var position = 0
            let characters = string.characters
            while position < characters.count {
                let character = characters[position]
                let isDoubled = position + 1 < characters.count && characters[position + 1] == character
                position += 1
                if character.scalar == "{" && !isDoubled {
                    result += try formatField(string, &position, nesting).characters
                    try evaluator.check(characters: result.count)
                    continue
                }
                if character.scalar == "}" && !isDoubled {
                    throw TemplateFault("Single '}' encountered in format string")
                }
                if character.scalar == "{" || character.scalar == "}" { position += 1 }
                result.append(character)
            }
            try evaluator.spend(characters: result.count)
            return TemplateString(result)
        }

        /// Reads a field up to its closing brace, past which `position` then is.
        private mutating func formatField(
            _ string: TemplateString, _ position: inout Int, _ nesting: Int
        ) throws(TemplateFault) -> TemplateString {
            let start = position
            var depth = 1
            while position < string.count {
                let scalar = string.characters[position].scalar
                if scalar == "{" { depth += 1 }
                if scalar == "}" { depth -= 1 }
                if depth == 0 { break }
                position += 1
            }
            guard depth == 0 else { throw TemplateFault("expected '}' before end of string") }
            let field = TemplateString(string.characters[start..<position])
            position += 1

            let colon = field.firstIndex(of: ":")
            let bang = field.firstIndex(of: "!").flatMap { $0 < colon ?? .max ? $0 : nil }
            var value = try lookUp(field.slice(0..<(bang ?? colon ?? field.count)))
            if let bang {
                switch field.slice((bang + 1)..<(colon ?? field.count)).text {
                case "r", "a": value = .string(try evaluator.repr(value))
                case "s": value = .string(try evaluator.string(value))
                default: throw TemplateFault("Unknown conversion specifier in format string")
                }
            }
            let written = colon.map { field.slice(($0 + 1)..<field.count) } ?? ""
            let specification = try FormatSpecification(try format(written, nesting: nesting + 1))
            switch value {
            case .string(let text):
                let formatted = try specification.format(text, evaluator)
                return isMarkup && !text.isMarkup ? formatted.escapedForMarkup : formatted
            case .integer, .float: return try specification.format(value, evaluator)
            case .boolean where specification.type != nil: return try specification.format(value, evaluator)
            default:
                let text = try evaluator.string(value)
                if !written.isEmpty, case .boolean = value { return try specification.format(text, evaluator) }
                guard written.isEmpty else {
                    throw TemplateFault("unsupported format string passed to \(value.typeName).__format__")
                }
                return isMarkup ? text.escapedForMarkup : text
            }
        }

        /// Which positional argument a field without a name means.
        private mutating func position(_ written: String) throws(TemplateFault) -> Int {
            switch (numbering, written.isEmpty) {
            case (.undecided, true):
                numbering = .counted(next: 1)
                return 0
            case (.counted(let next), true):
                numbering = .counted(next: next + 1)
                return next
            case (.undecided, false), (.written, false):
                numbering = .written
                return Int(written) ?? .max
            case (.counted, false), (.written, true):
                throw TemplateFault("cannot switch between written and automatic field numbering")
            }
        }

        /// `0`, `name`, or nothing, then `.attribute` and `[key]`.
        private mutating func lookUp(_ path: TemplateString) throws(TemplateFault) -> Value {
            let characters = path.characters
            var end = characters.firstIndex { $0.scalar == "." || $0.scalar == "[" } ?? characters.count
            let first = path.slice(0..<end).text
            var value: Value
            if first.isEmpty || first.allSatisfy({ ("0"..."9").contains($0) }) {
                let index = try position(first)
                guard index < arguments.positional.count else {
                    throw TemplateFault("Replacement index \(index) out of range for positional args tuple")
                }
                value = arguments.positional[index]
            } else {
                guard let found = arguments.named.last(where: { $0.name == first }) else {
                    throw TemplateFault("'\(first)'")
                }
                value = found.value
            }
            while end < characters.count {
                let isAttribute = characters[end].scalar == "."
                let start = end + 1
                let stops: Set<Unicode.Scalar> = isAttribute ? [".", "["] : ["]"]
                end = characters[start...].firstIndex { stops.contains($0.scalar) } ?? characters.count
                let name = path.slice(start..<end)
                if isAttribute {
                    value = try evaluator.attribute(AttributeName(name.text), of: value)
                } else {
                    guard end < characters.count else { throw TemplateFault("expected '}' before end of string") }
                    end += 1
                    value = try evaluator.item(Int(name.text).map { .integer($0) } ?? .string(name), of: value)
                }
            }
            return value
        }
    }
}
