// FrontMatterFields.swift — what stands between the two lines `---` at the head of a Markdown file, as fields.
// Retrieval › Ingest.  Keys with a value, a list in brackets or a list of lines. What it cannot read it leaves out:
// a stranger's front matter is no reason to refuse a text.

struct FrontMatterFields {
    private(set) var fields: [Field] = []
    /// Where the text begins.
    private(set) var end = 0

    init(_ bytes: [UInt8]) {
        let lines = Self.lines(bytes)
        guard let first = lines.first, first.text == "---" else { return }
        guard let close = lines.dropFirst().firstIndex(where: { $0.text == "---" }) else { return }
        end = min(lines[close].end + 1, bytes.count)
        var items: [String]?
        var name = ""
        for line in lines[1..<close].map(\.text) + ["end:"] {
            if let item = Self.item(line), items != nil {
                items?.append(item)
                continue
            }
            if let words = items, !words.isEmpty { fields.append(Field(name, .keywords(words))) }
            items = nil
            guard let (key, value) = line.components(around: ":"), !key.isEmpty, !key.hasPrefix(" ") else { continue }
            name = key
            append(key, Self.trimmed(value), &items)
        }
    }

    private mutating func append(_ key: String, _ value: String, _ items: inout [String]?) {
        if value.isEmpty {
            items = []
        } else if value.hasPrefix("["), value.hasSuffix("]") {
            let words = value.dropFirst().dropLast().split(separator: ",").map {
                Self.unquoted(Self.trimmed(String($0)))
            }
            if !words.isEmpty { fields.append(Field(key, .keywords(words))) }
        } else if let integer = Int(value) {
            fields.append(Field(key, .integer(integer)))
        } else if let real = Double(value), real.isFinite {
            fields.append(Field(key, .real(real)))
        } else if value == "true" || value == "false" {
            fields.append(Field(key, .flag(value == "true")))
        } else {
            fields.append(Field(key, .keywords([Self.unquoted(value)])))
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [(text: String, end: Int)] {
        // Front matter is short: a file that begins with a rule is not searched to its end.
        var lines: [(String, Int)] = []
        var start = 0
        while start < bytes.count, lines.count < 200 {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            var text = bytes[start..<end]
            while let last = text.last, last <= 0x20 { text.removeLast() }
            lines.append((String(decoding: text, as: UTF8.self), end))
            if lines.count == 1, lines[0].0 != "---" { return lines }
            start = end + 1
        }
        return lines
    }

    private static func item(_ line: String) -> String? {
        let text = trimmed(line)
        return text.hasPrefix("- ") ? unquoted(trimmed(String(text.dropFirst(2)))) : nil
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
