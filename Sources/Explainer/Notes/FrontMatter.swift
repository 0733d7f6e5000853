// FrontMatter.swift — the keys and values between the two lines `---`.
// Explainer › Notes.  It looks like YAML and is much smaller: eleven keys, each once, in one order; nothing nests.
//
//     key: value            the rest of the line, literally
//     key: [a, b]  key: []  a list of words without commas
//     key:                  a list of free text,
//       - value             one item a line, two spaces deep

struct FrontMatter {
    struct Field {
        var items: [String] = []
        /// Counted from 1, one for each item; the key's own line if there is none.
        var lines: [Int] = []
    }

    private(set) var fields: [NoteKey: Field] = [:]
    /// The index of the line after the closing `---`.
    let end: Int

    /// - Throws: the first line that is not what the grammar wants there.
    init(_ lines: NoteLines) throws(NoteFault) {
        guard lines.text(0) == "---" else { throw lines.fault(0, "expected '---'") }
        var next = 1
        for key in NoteKey.allCases {
            guard next < lines.count else {
                throw lines.fault(next - 1, "the front matter ends before '\(key.rawValue):'")
            }
            fields[key] = try Self.field(key, lines, &next)
        }
        guard next < lines.count, lines.text(next) == "---" else {
            throw lines.fault(min(next, lines.count - 1), "expected '---' after the last key")
        }
        end = next + 1
    }

    /// Reads `key` at line `next` and moves `next` behind it.
    private static func field(_ key: NoteKey, _ lines: NoteLines, _ next: inout Int) throws(NoteFault) -> Field {
        let line = next
        let head = key.rawValue + ":"
        guard lines.starts(line, with: head) else {
            throw lines.fault(line, "expected the key '\(head)', found '\(lines.text(line))'")
        }
        next += 1
        let range = lines.ranges[line]
        let rest = range.lowerBound + head.utf8.count..<range.upperBound
        if rest.isEmpty {
            guard key.isList else { throw lines.fault(line, "'\(head)' needs a value") }
            return try items(key, lines, &next)
        }
        guard lines.bytes[rest.lowerBound] == UInt8(ascii: " ") else {
            throw lines.fault(line, "expected a space after '\(head)'")
        }
        let value = lines.text(rest.lowerBound + 1..<rest.upperBound)
        guard key.isList else { return Field(items: [value], lines: [line + 1]) }
        guard value.utf8.first == UInt8(ascii: "["), value.utf8.last == UInt8(ascii: "]") else {
            throw lines.fault(line, "'\(head)' needs a list: '[a, b]', '[]', or lines '  - item'")
        }
        let words = value.dropFirst().dropLast()
        if words.isEmpty { return Field(lines: [line + 1]) }
        let items = words.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmed) }
        guard !items.contains("") else { throw lines.fault(line, "'\(head)' has an empty item") }
        return Field(items: items, lines: Array(repeating: line + 1, count: items.count))
    }

    /// The lines `  - item` that follow a key without a value.
    private static func items(_ key: NoteKey, _ lines: NoteLines, _ next: inout Int) throws(NoteFault) -> Field {
        var field = Field()
        while next < lines.count, lines.starts(next, with: "  - ") {
            let range = lines.ranges[next]
            next += 1
            field.items.append(lines.text(range.lowerBound + 4..<range.upperBound))
            field.lines.append(next)
        }
        guard !field.items.isEmpty else {
            throw lines.fault(next - 1, "'\(key.rawValue):' has no items (write '[]' for none)")
        }
        return field
    }
}

extension Substring {
    /// Without spaces at either end.
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return start }
        return start[...last]
    }
}
