// OnigurumaSyntax.swift — patterns written for Oniguruma, rewritten to mean the same in PCRE2.
// Tokenization › RegularExpression.  Oniguruma's Ruby syntax is what Hugging Face tokenizers compiles; pcre2pattern(3).

/// What differs between the two and occurs in tokenizers:
///
///     \s           white space; PCRE2's has U+180E besides
///     \w           letters, marks, decimal digits, connectors; PCRE2's has no marks
///     \h           a hexadecimal digit; horizontal space in PCRE2
///     \uHHHH       a character by number
///     \p{Han}      a script; PCRE2 2022 and later read it as "used with this script"
///     (?m)         the dot matches line feeds; (?s) in PCRE2
///     {,3}         up to three; literal text in PCRE2
///
/// Sets in sets (`[a[bc]]`), intersections (`[\w&&[^0-9]]`) and `\W` inside a set have no counterpart: refused.
enum OnigurumaSyntax {
    private static let space = #"\t-\r\x{85}\p{Z}"#
    private static let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"#
    private static let hexadecimal = "0-9a-fA-F"

    static func translate(_ pattern: String) throws(RegularExpressionError) -> String {
        let input = Array(pattern.unicodeScalars)
        var output = ""
        var isInSet = false
        var index = 0
        func scalar(_ position: Int) -> Unicode.Scalar? { position < input.count ? input[position] : nil }
        func text(_ range: Range<Int>) -> String {
            var text = ""
            text.unicodeScalars.append(contentsOf: input[range])
            return text
        }

        while let first = scalar(index) {
            let start = index
            index += 1
            switch first {
            case "\\":
                guard let letter = scalar(index) else { break }
                index += 1
                switch letter {
                case "s": output += isInSet ? space : "[\(space)]"
                case "w": output += isInSet ? word : "[\(word)]"
                case "h": output += isInSet ? hexadecimal : "[\(hexadecimal)]"
                case "S" where !isInSet: output += "[^\(space)]"
                case "W" where !isInSet: output += "[^\(word)]"
                case "H" where !isInSet: output += "[^\(hexadecimal)]"
                case "W", "H": throw RegularExpressionError(reason: "\\\(letter) inside a set is not supported")
                case "u":
                    guard index + 4 <= input.count, input[index..<index + 4].allSatisfy(\.properties.isASCIIHexDigit)
                    else { throw RegularExpressionError(reason: "\\u needs four hexadecimal digits") }
                    output += "\\x{\(text(index..<index + 4))}"
                    index += 4
                case "p", "P":
                    guard scalar(index) == "{", let end = input[index...].firstIndex(of: "}") else {
                        output += text(start..<index)
                        continue
                    }
                    output += "\\\(letter){\(property(text((index + 1)..<end)))}"
                    index = end + 1
                default: output += text(start..<index)
                }
                continue
            case "[" where isInSet:
                // A class by name, [:alpha:], is the one thing that a bracket may begin here.
                guard scalar(index) == ":", let end = input[index...].firstIndex(of: "]"), input[end - 1] == ":" else {
                    throw RegularExpressionError(reason: "a set inside a set is not supported")
                }
                index = end + 1
                output += text(start..<index)
                continue
            case "[":
                isInSet = true
                if scalar(index) == "^" { index += 1 }
                // First in a set, a closing bracket is itself.
                if scalar(index) == "]" { index += 1 }
            case "]": isInSet = false
            case "&" where isInSet && scalar(index) == "&":
                throw RegularExpressionError(reason: "an intersection of sets (&&) is not supported")
            case "(" where !isInSet && scalar(index) == "?":
                let flags = input[(index + 1)...].prefix { "imx-".unicodeScalars.contains($0) }
                guard let after = scalar(flags.endIndex), !flags.isEmpty, after == ":" || after == ")" else { break }
                output += "(?" + text(flags.indices).replacing("m", with: "s")
                index = flags.endIndex
                continue
            case "{" where !isInSet && scalar(index) == ",":
                let digits = input[(index + 1)...].prefix { ("0"..."9").contains($0) }
                if !digits.isEmpty && scalar(digits.endIndex) == "}" {
                    output += "{0"
                    continue
                }
            default: break
            }
            output += text(start..<index)
        }
        return output
    }

    /// General categories have one or two letters and mean the same; what is longer is a script.
    private static func property(_ name: String) -> String {
        let isNegated = name.hasPrefix("^")
        let bare = isNegated ? String(name.dropFirst()) : name
        let isScript = bare.utf8.count > 2 && !["Any", "Alphabetic", "White_Space", "Emoji"].contains(bare)
        return (isNegated ? "^" : "") + (isScript ? "sc:" : "") + bare
    }
}
