// Filter.swift — which chunks a question may be answered from.
// Retrieval › Segments.

/// A condition on fields; a chunk without the field does not meet it.
package indirect enum Filter: Sendable, Equatable {
    case all
    /// The field has the value; for `.keywords`, any of the words.
    case equal(String, FieldValue)
    /// The field's number is between the bounds, both included; nil is open.
    case range(String, least: Double?, most: Double?)
    case and([Filter])
    case or([Filter])
    case not(Filter)
}

package struct FilterSyntaxError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

extension Filter {
    /// Reads the command line's form: conditions with commas between them, all of which must hold.
    ///
    ///     topic=rag        topic=rag|agents       difficulty!=senior
    ///     year>=2020       year=2020..2024        reviewed=true
    package init(parsing text: String) throws(FilterSyntaxError) {
        var conditions: [Filter] = []
        for part in text.split(separator: ",") { conditions.append(try Self.condition(String(part))) }
        switch conditions.count {
        case 0: self = .all
        case 1: self = conditions[0]
        default: self = .and(conditions)
        }
    }

    private static func condition(_ text: String) throws(FilterSyntaxError) -> Filter {
        guard let place = text.firstIndex(where: { "=<>!".contains($0) }), place != text.startIndex else {
            throw FilterSyntaxError(description: "the filter '\(text)' is no condition such as topic=rag or year>=2020")
        }
        let name = trimmed(text[..<place])
        let rest = text[place...]
        for sign in ["!=", ">=", "<=", ">", "<", "="] where rest.hasPrefix(sign) {
            let value = trimmed(rest.dropFirst(sign.count))
            guard !value.isEmpty else { break }
            switch sign {
            case "=": return equality(name, value)
            case "!=": return .not(equality(name, value))
            default:
                guard let number = Double(value), number.isFinite else {
                    throw FilterSyntaxError(description: "the filter '\(text)' needs a number after \(sign)")
                }
                switch sign {
                case ">=": return .range(name, least: number, most: nil)
                case ">": return .range(name, least: number.nextUp, most: nil)
                case "<=": return .range(name, least: nil, most: number)
                default: return .range(name, least: nil, most: number.nextDown)
                }
            }
        }
        throw FilterSyntaxError(description: "the filter '\(text)' has no value")
    }

    /// A value is a word, and a number or a flag too if it reads like one.
    private static func equality(_ name: String, _ value: String) -> Filter {
        let parts = value.split(separator: "|").map { trimmed($0) }
        var choices: [Filter] = [.equal(name, .keywords(parts))]
        for part in parts {
            if let number = Double(part), number.isFinite { choices.append(.equal(name, .real(number))) }
            if part == "true" || part == "false" { choices.append(.equal(name, .flag(part == "true"))) }
            let bounds = part.components(around: "..")
            if let bounds, let least = Double(bounds.0), let most = Double(bounds.1) {
                choices.append(.range(name, least: least, most: most))
            }
        }
        return choices.count == 1 ? choices[0] : .or(choices)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension String {
    /// What stands before and after the first occurrence of `separator`.
    func components(around separator: String) -> (String, String)? {
        let bytes = Array(utf8)
        let mark = Array(separator.utf8)
        guard bytes.count >= mark.count else { return nil }
        for start in 0...(bytes.count - mark.count) where bytes[start..<start + mark.count].elementsEqual(mark) {
            return (
                String(decoding: bytes[..<start], as: UTF8.self),
                String(decoding: bytes[(start + mark.count)...], as: UTF8.self)
            )
        }
        return nil
    }
}
