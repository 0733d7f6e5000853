// Arguments.swift — reads flags and options off the command line.
// Console.  By hand: about a hundred lines, and every message names the flag and says what it wants.

/// The command line does not make sense: exit code 2.
package struct UsageError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// One option: `--name VALUE` or `--name=VALUE`; a flag has no value.
package struct OptionDefinition: Sendable {
    package let name: String
    /// What the value is called in the help; nil for a flag.
    package let value: String?
    package let help: String

    package init(_ name: String, _ value: String? = nil, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
    }
}

/// The words after a command, checked against the options that the command knows.
package struct Arguments: Sendable {
    package private(set) var positionals: [String] = []
    private var values: [String: String] = [:]
    private var flags: Set<String> = []
    /// Where options stand that did not come from the command line.
    private var places: [String: String] = [:]

    /// - Throws: `UsageError` for an unknown option, a missing value or a repeated option.
    package init(_ words: [String], options: [OptionDefinition]) throws(UsageError) {
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            guard word.hasPrefix("--"), word != "--" else {
                positionals.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
            guard let option = options.first(where: { $0.name == parts[0] }) else {
                throw UsageError("unknown option \(parts[0])")
            }
            guard values[option.name] == nil, !flags.contains(option.name) else {
                throw UsageError("\(option.name) is given twice")
            }
            guard let valueName = option.value else {
                guard parts.count == 1 else { throw UsageError("\(option.name) takes no value") }
                flags.insert(option.name)
                continue
            }
            if parts.count == 2 {
                values[option.name] = parts[1]
            } else {
                guard index < words.count else { throw UsageError("\(option.name) needs a value: \(valueName)") }
                values[option.name] = words[index]
                index += 1
            }
        }
    }

    /// Adds what a file says of options that are not given here: the command line has the last word.
    package mutating func fill(from file: ConfigurationFile) {
        for entry in file.entries where values[entry.option] == nil && !flags.contains(entry.option) {
            places[entry.option] = entry.place
            if let value = entry.value { values[entry.option] = value } else { flags.insert(entry.option) }
        }
    }

    /// Names of the options that are given differently in `other`, in alphabetical order.
    package func differences(from other: Arguments) -> [String] {
        let names = Set(values.keys).union(other.values.keys).union(flags).union(other.flags)
        let differing = names.filter {
            values[$0] != other.values[$0] || flags.contains($0) != other.flags.contains($0)
        }
        return differing.sorted()
    }

    private func wrong(_ option: String, _ text: String) -> UsageError {
        UsageError(places[option].map { "\($0): \(text)" } ?? text)
    }

    /// The names of all options that are given.
    package var given: Set<String> { flags.union(values.keys) }
    package func has(_ flag: String) -> Bool { flags.contains(flag) }
    package subscript(_ option: String) -> String? { values[option] }

    package func integer(_ option: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[option] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw wrong(option, "\(option) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    package func seed(_ option: String) throws(UsageError) -> UInt64? {
        guard let text = values[option] else { return nil }
        guard let value = UInt64(text) else {
            throw wrong(option, "\(option) must be a whole number from 0 to \(UInt64.max)")
        }
        return value
    }

    package func number(_ option: String) throws(UsageError) -> Float? {
        guard let text = values[option] else { return nil }
        guard let value = Float(text), value.isFinite else { throw wrong(option, "\(option) must be a number") }
        return value
    }

    /// A size such as `268435456`, `256MiB`, `1.5G` (both powers of 1024) or `1.5GB` (powers of 1000).
    package func byteCount(_ option: String) throws(UsageError) -> Int? {
        guard let text = values[option] else { return nil }
        let units: [(String, Double)] = [
            ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40),
            ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
            ("K", 0x1p10), ("M", 0x1p20), ("G", 0x1p30), ("T", 0x1p40), ("B", 1), ("", 1),
        ]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number * factor >= 1, number * factor < 0x1p50 else {
                break
            }
            return Int(number * factor)
        }
        throw wrong(
            option,
            "\(option) must be a size below 1024 TiB: bytes, or with K, M, G, T (KiB, MiB, GiB, TiB: powers of 1024)"
                + " or KB, MB, GB, TB (powers of 1000)")
    }

    package func choice<Value>(_ option: String, _ choices: [(String, Value)]) throws(UsageError) -> Value? {
        guard let text = values[option] else { return nil }
        guard let found = choices.first(where: { $0.0 == text }) else {
            throw wrong(option, "\(option) must be one of: \(choices.map(\.0).joined(separator: ", "))")
        }
        return found.1
    }
}
