// NoteParser.swift — bytes to a note, or to the first line that is wrong.
// Explainer › Notes.  Strict on purpose: a heading misspelt would silently lose its section.

import Base

package enum NoteParser {
    /// Reads one note: front matter, then the five sections.
    ///
    /// - Parameter path: only named in faults.
    /// - Throws: the first fault, with its line.
    /// - Complexity: O(bytes).
    package static func parse(_ bytes: [UInt8], path: String) throws(NoteFault) -> Note {
        let lines = try NoteLines(bytes, path: path)
        let front = try FrontMatter(lines)
        let sections = try sections(lines, from: front.end)
        let values = Values(path: path, fields: front.fields)
        let id = try values.id(.id)
        guard try values.scalar(.topic) == id.topic else {
            throw values.fault(.topic, "the topic differs from that of the id, '\(id.topic)'")
        }
        var hash = SipHash128(key: SipHashKey(0, 0))
        hash.append(bytes)
        return Note(
            id: id, question: try values.scalar(.question), alsoAsked: values.items(.alsoAsked),
            askedPlainly: values.items(.askedPlainly),
            level: try values.choice(.level), kind: try values.choice(.kind),
            prerequisites: try values.ids(.prerequisites), seeAlso: try values.ids(.seeAlso),
            sources: values.items(.sources), code: values.items(.code), arithmetic: values.items(.arithmetic),
            sections: sections, bytes: bytes, path: path, contentHash: hash.finish(),
            lines: front.fields.mapValues(\.lines))
    }

    /// The five sections; a `#` inside a code block is no heading.
    private static func sections(_ lines: NoteLines, from start: Int) throws(NoteFault) -> [Note.Section] {
        var sections: [Note.Section] = []
        /// The section being read: its heading's line, and its text so far.
        var open: (heading: Note.Heading, line: Int, range: Range<Int>?)?
        var fence: Int?

        func close() throws(NoteFault) {
            guard let section = open else { return }
            guard let range = section.range else {
                throw lines.fault(section.line, "the section '\(section.heading.markdown)' is empty")
            }
            sections.append(Note.Section(heading: section.heading, range: range))
            open = nil
        }

        for line in start..<lines.count {
            let range = lines.ranges[line]
            if lines.starts(line, with: "```") { fence = fence == nil ? line : nil }
            if fence == nil, lines.starts(line, with: "#") {
                try close()
                guard sections.count < Note.Heading.allCases.count else {
                    throw lines.fault(line, "no heading may follow the last section, found '\(lines.text(line))'")
                }
                let heading = Note.Heading.allCases[sections.count]
                guard lines.text(line) == heading.markdown else {
                    throw lines.fault(line, "expected '\(heading.markdown)', found '\(lines.text(line))'")
                }
                open = (heading, line, nil)
            } else if !range.isEmpty {
                guard let section = open else { throw lines.fault(line, "text before the first heading") }
                open?.range = (section.range?.lowerBound ?? range.lowerBound)..<range.upperBound
            }
        }
        if let fence { throw lines.fault(fence, "the code block is not closed") }
        try close()
        guard sections.count == Note.Heading.allCases.count else {
            let missing = Note.Heading.allCases[sections.count]
            throw lines.fault(lines.count - 1, "the section '\(missing.markdown)' is missing")
        }
        return sections
    }
}

/// The front matter's texts as the types a note wants.
private struct Values {
    let path: String
    let fields: [NoteKey: FrontMatter.Field]

    func items(_ key: NoteKey) -> [String] { fields[key]?.items ?? [] }

    func fault(_ key: NoteKey, item: Int = 0, _ what: String) -> NoteFault {
        NoteFault(path, fields[key]?.lines[item] ?? 1, what)
    }

    func scalar(_ key: NoteKey) throws(NoteFault) -> String {
        guard let value = items(key).first, !value.isEmpty else { throw fault(key, "'\(key.rawValue):' needs a value") }
        return value
    }

    func choice<Choice>(_ key: NoteKey) throws(NoteFault) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let value = try scalar(key)
        guard let choice = Choice(rawValue: value) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault(key, "'\(value)' is no \(key.rawValue); choose one of: \(choices)")
        }
        return choice
    }

    func id(_ key: NoteKey) throws(NoteFault) -> NoteID { try ids(key, [try scalar(key)])[0] }

    func ids(_ key: NoteKey) throws(NoteFault) -> [NoteID] { try ids(key, items(key)) }

    private func ids(_ key: NoteKey, _ texts: [String]) throws(NoteFault) -> [NoteID] {
        var ids: [NoteID] = []
        for (index, text) in texts.enumerated() {
            guard let id = NoteID(text) else {
                throw fault(key, item: index, "'\(text)' is no id: expected topic/slug, lower case, with hyphens")
            }
            ids.append(id)
        }
        return ids
    }
}
