// TextStructure.swift — a text as sentences under headings.
// Retrieval › Ingest.  Byte ranges into the text: what is shown can always be found again.

/// A sentence, a line of code, or another piece that should not be cut.
package struct TextUnit: Equatable, Sendable {
    /// UTF-8 offsets.
    package let range: Range<Int>
    /// The headings it stands under, outermost first.
    package let headings: [String]
}

/// Reads Markdown line by line: headings, fences, list items, tables; everything else is prose. In plain text only
/// empty lines and sentence ends count.
package struct TextStructure {
    private let bytes: [UInt8]
    private let isMarkdown: Bool
    private var units: [TextUnit] = []
    private var headings: [(level: Int, text: String)] = []
    private var paragraph: Range<Int>?

    package static func units(_ bytes: [UInt8], in range: Range<Int>, isMarkdown: Bool) -> [TextUnit] {
        var structure = TextStructure(bytes: bytes, isMarkdown: isMarkdown)
        structure.read(range)
        return structure.units
    }

    private init(bytes: [UInt8], isMarkdown: Bool) {
        self.bytes = bytes
        self.isMarkdown = isMarkdown
    }

    private mutating func read(_ range: Range<Int>) {
        var isFenced = false
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0A) ?? range.upperBound
            let line = trimmed(start..<end)
            let isFence = isMarkdown && bytes[line].starts(with: "```".utf8)
            if isFence || isFenced {
                closeParagraph()
                if isFence { isFenced.toggle() } else { append(line) }
            } else if line.isEmpty {
                closeParagraph()
            } else if isMarkdown, let heading = heading(line) {
                closeParagraph()
                while let last = headings.last, last.level >= heading.level { headings.removeLast() }
                headings.append(heading)
            } else if isMarkdown, bytes[line.lowerBound] == UInt8(ascii: "|") {
                closeParagraph()
                append(line)
            } else if isMarkdown, beginsItem(line) {
                closeParagraph()
                paragraph = line
            } else {
                paragraph = (paragraph?.lowerBound ?? line.lowerBound)..<line.upperBound
            }
            start = end + 1
        }
        closeParagraph()
    }

    private mutating func append(_ range: Range<Int>) {
        if !range.isEmpty { units.append(TextUnit(range: range, headings: headings.map(\.text))) }
    }

    private mutating func closeParagraph() {
        guard let paragraph else { return }
        self.paragraph = nil
        for sentence in SentenceScanner.sentences(bytes, in: paragraph) { append(sentence) }
    }

    /// `# Title` up to `###### Title`.
    private func heading(_ line: Range<Int>) -> (level: Int, text: String)? {
        let level = bytes[line].prefix { $0 == UInt8(ascii: "#") }.count
        guard (1...6).contains(level), level < line.count, bytes[line.lowerBound + level] == 0x20 else { return nil }
        let text = trimmed((line.lowerBound + level)..<line.upperBound)
        return (level, String(decoding: bytes[text], as: UTF8.self))
    }

    /// `- `, `* `, `+ ` or `12. `.
    private func beginsItem(_ line: Range<Int>) -> Bool {
        let marked = bytes[line]
        if ["- ", "* ", "+ "].contains(where: { marked.starts(with: $0.utf8) }) { return true }
        let rest = marked.drop { (0x30...0x39).contains($0) }
        return rest.startIndex > marked.startIndex && rest.starts(with: ". ".utf8)
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        return start..<end
    }
}
