// PercentFormat.swift — `"%s and %d" % values`: C's formats as Python's strings have them.
// Tokenization › ChatTemplate › Library.

enum PercentFormat {
    static func format(
        _ string: TemplateString, _ operand: Value, _ evaluator: Evaluator
    ) throws(TemplateFault) -> TemplateString {
        var formatter = Formatter(string: string, operand: operand, evaluator: evaluator)
        return string.with(try formatter.run())
    }

    private struct Formatter {
        let string: TemplateString
        let operand: Value
        let evaluator: Evaluator
        private var position = 0
        private var used = 0
        /// The operand's elements if it is a tuple, else the operand alone.
        private let values: [Value]

        init(string: TemplateString, operand: Value, evaluator: Evaluator) {
            self.string = string
            self.operand = operand
            self.evaluator = evaluator
            if case .list(let list) = operand, list.kind == .tuple {
                values = list.elements
            } else {
                values = [operand]
            }
        }

        mutating func run() throws(TemplateFault) -> [TemplateCharacter] {
            var result: [TemplateCharacter] = []
            while position < string.count {
                let character = string.characters[position]
                position += 1
                if character.scalar == "%" {
                    result += try conversion().characters
                    try evaluator.check(characters: result.count)
                } else {
                    result.append(character)
                }
            }
            if case .mapping = operand {
            } else if used < values.count {
                throw TemplateFault("not all arguments converted during string formatting")
            }
            try evaluator.spend(characters: result.count)
            return result
        }

        private func peek() throws(TemplateFault) -> Unicode.Scalar {
            guard position < string.count else { throw TemplateFault("incomplete format") }
            return string.characters[position].scalar
        }

        private mutating func nextValue() throws(TemplateFault) -> Value {
            guard used < values.count else { throw TemplateFault("not enough arguments for format string") }
            used += 1
            return values[used - 1]
        }

        private mutating func number() throws(TemplateFault) -> Int? {
            if try peek() == "*" {
                position += 1
                guard let value = try nextValue().asInteger else { throw TemplateFault("* wants int") }
                return value
            }
            var digits = ""
            while case let scalar = try peek(), ("0"..."9").contains(scalar) {
                digits.unicodeScalars.append(scalar)
                position += 1
            }
            if digits.isEmpty { return nil }
            guard let value = Int(digits) else { throw TemplateFault("width too big") }
            return value
        }

        private mutating func conversion() throws(TemplateFault) -> TemplateString {
            var specification = FormatSpecification()
            var named: Value?
            if try peek() == "(" { named = try namedValue() }
            flags: while true {
                switch try peek() {
                case "-": specification.alignment = "<"
                case "+": specification.sign = "+"
                case " ": if specification.sign != "+" { specification.sign = " " }
                case "#": specification.isAlternate = true
                case "0":
                    if specification.alignment != "<" {
                        specification.fill = TemplateCharacter("0")
                        specification.alignment = "="
                    }
                default: break flags
                }
                position += 1
            }
            if specification.alignment == "<" { specification.fill = TemplateCharacter(" ") }
            if let width = try number() {
                specification.width = Int(clamping: width.magnitude)
                if width < 0 { specification.alignment = "<" }
            }
            if try peek() == "." {
                position += 1
                specification.precision = max(0, try number() ?? 0)
            }
            while "hlL".unicodeScalars.contains(try peek()) { position += 1 }
            let letter = try peek()
            position += 1
            if letter == "%" { return "%" }
            let value = if let named { named } else { try nextValue() }
            return try convert(value, letter, specification)
        }

        private mutating func namedValue() throws(TemplateFault) -> Value {
            guard case .mapping(let mapping) = operand else { throw TemplateFault("format requires a mapping") }
            position += 1
            let start = position
            while try peek() != ")" { position += 1 }
            let name = TemplateString(string.characters[start..<position])
            position += 1
            guard let value = mapping[name] else { throw TemplateFault("'\(name.text)'") }
            return value
        }

        private func convert(
            _ value: Value, _ letter: Unicode.Scalar, _ given: FormatSpecification
        ) throws(TemplateFault) -> TemplateString {
            var specification = given
            switch letter {
            case "s", "r", "a":
                var text = letter == "s" ? try evaluator.string(value) : try evaluator.repr(value)
                if string.isMarkup { text = text.escapedForMarkup }
                if specification.alignment == "=" { specification.alignment = ">" }
                specification.fill = TemplateCharacter(" ")
                return try specification.pad(
                    sign: "", text.slice(0..<min(specification.precision ?? .max, text.count)), ">", evaluator)
            case "c":
                let text: TemplateString
                if let code = value.asInteger {
                    guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
                        throw TemplateFault("%c arg not in range(0x110000)")
                    }
                    text = TemplateString([TemplateCharacter(scalar)])
                } else {
                    guard let string = value.asString, string.count == 1 else {
                        throw TemplateFault("%c requires int or char")
                    }
                    text = string
                }
                return try specification.pad(sign: "", text, ">", evaluator)
            case "d", "i", "u", "x", "X", "o":
                var number = value
                if case .float(let double) = value, !"xXo".unicodeScalars.contains(letter) {
                    guard let integer = Int(exactly: double.rounded(.towardZero)) else {
                        throw TemplateFault("cannot convert float \(PythonText.float(double)) to integer")
                    }
                    number = .integer(integer)
                }
                guard let integer = number.asInteger else {
                    throw TemplateFault("%\(letter) format: a real number is required, not \(value.typeName)")
                }
                specification.type = letter == "i" || letter == "u" ? "d" : letter
                // A precision is the least number of digits here.
                let digits = specification.precision ?? 0
                specification.precision = nil
                guard digits > 0 else { return try specification.format(.integer(integer), evaluator) }
                var inner = FormatSpecification()
                inner.type = specification.type
                inner.sign = specification.sign
                inner.isAlternate = specification.isAlternate
                inner.fill = TemplateCharacter("0")
                inner.alignment = "="
                inner.width = min(digits, 1 << 20) + (integer < 0 || inner.sign != "-" ? 1 : 0)
                return try specification.pad(sign: "", try inner.format(.integer(integer), evaluator), ">", evaluator)
            case "e", "E", "f", "F", "g", "G":
                guard let double = value.asDouble else {
                    throw TemplateFault("must be real number, not \(value.typeName)")
                }
                specification.type = letter
                return try specification.format(.float(double), evaluator)
            default: throw TemplateFault("unsupported format character '\(letter)'")
            }
        }
    }
}
