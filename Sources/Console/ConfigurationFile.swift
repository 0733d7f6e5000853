// ConfigurationFile.swift — a command's options out of a JSON5 file.
// Console.  A key is an option without its dashes, written with hyphens or underscores: `max-num-seqs`, `max_num_seqs`.

import Base

/// The options that a file gives, each with its place.
package struct ConfigurationFile {
    /// One option of the file; the value as it would stand on the command line, nil for a flag.
    struct Entry {
        let option: String
        let value: String?
        /// `serve.json5, line 3, column 5`
        let place: String
    }

    package let path: String
    let entries: [Entry]

    /// - Throws: `UsageError` with file, line and column: bad JSON5, an unknown key, a value of the wrong kind.
    package init(path: String, options: [OptionDefinition], excluding: Set<String> = []) throws {
        self.path = path
        let bytes = try ReadFile.bytes(path, limit: 1 << 20)
        let document: JSON5
        do throws(JSON5Error) {
            document = try JSON5.parse(bytes)
        } catch {
            throw UsageError("\(path), \(error)")
        }
        guard case .object(let members) = document.value else {
            throw UsageError("\(path) must hold an object { … }, not \(document.kind)")
        }
        var entries: [Entry] = []
        for member in members {
            let place = "\(path), line \(member.line), column \(member.column)"
            let name = "--" + String(member.key.map { $0 == "_" ? "-" : $0 })
            guard let option = options.first(where: { $0.name == name }), !excluding.contains(name) else {
                throw UsageError("\(place): there is no option '\(member.key)'")
            }
            guard !entries.contains(where: { $0.option == name }) else {
                throw UsageError("\(place): '\(member.key)' is given twice")
            }
            if let entry = try Self.entry(option, member.value, key: member.key, place: place) {
                entries.append(entry)
            }
        }
        self.entries = entries
    }

    /// Nil for `null` and for a flag that is false: the option is as if it were not there.
    private static func entry(
        _ option: OptionDefinition, _ value: JSON5, key: String, place: String
    ) throws(UsageError) -> Entry? {
        switch (value.value, option.value) {
        case (.null, _), (.bool(false), nil): return nil
        case (.bool(true), nil): return Entry(option: option.name, value: nil, place: place)
        case (.string(let text), .some), (.number(let text), .some):
            return Entry(option: option.name, value: text, place: place)
        case (_, nil): throw UsageError("\(place): '\(key)' must be true or false, not \(value.kind)")
        case (_, .some(let wanted)):
            throw UsageError("\(place): '\(key)' must be text or a number (\(wanted)), not \(value.kind)")
        }
    }
}
