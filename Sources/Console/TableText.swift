// TableText.swift — a Markdown table on the terminal: columns under each other, long cells in several lines.
// Console.

/// Lays out tables whose cells are words.
package enum TableText {
    /// Characters of a line at most, as long as every column can have `leastWidth`.
    private static let (mostWidth, leastWidth) = (100, 8)
    private static let gap = "  "

    /// The lines of a table; a line of hyphens stands below its heads.
    package static func lines(of markdown: String) -> [String] {
        let rows = markdown.split(separator: "\n").map(cells)
        // Below the heads Markdown has a row of nothing but hyphens and colons.
        let isRule = { (row: [String]) in row.allSatisfy { !$0.isEmpty && $0.allSatisfy("-:".contains) } }
        let shown = rows.filter { !isRule($0) }
        let widths = fitted(widths: naturalWidths(of: shown))
        var lines = shown.map { text(of: $0, widths) }
        if shown.count < rows.count, !lines.isEmpty {
            lines.insert([widths.map { String(repeating: "-", count: $0) }.joined(separator: gap)], at: 1)
        }
        return lines.flatMap(\.self)
    }

    private static func cells(_ row: Substring) -> [String] {
        var parts = row.split(separator: "|", omittingEmptySubsequences: false).map(trimmed)
        if parts.first?.isEmpty == true { parts.removeFirst() }
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts
    }

    private static func trimmed(_ text: Substring) -> String {
        let core = text.drop { $0 == " " }
        return String(core.prefix(core.count - core.reversed().prefix { $0 == " " }.count))
    }

    private static func naturalWidths(of rows: [[String]]) -> [Int] {
        (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
    }

    /// The widest columns give way until a line is short enough.
    private static func fitted(widths natural: [Int]) -> [Int] {
        var widths = natural
        while widths.reduce(gap.count * (widths.count - 1), +) > mostWidth {
            guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > leastWidth else {
                break
            }
            widths[widest] -= 1
        }
        return widths
    }

    /// The lines of one row.
    private static func text(of row: [String], _ widths: [Int]) -> [String] {
        let columns = zip(row, widths).map { wrapped($0, $1) }
        return (0..<(columns.map(\.count).max() ?? 0)).map { line in
            let parts = zip(columns, widths).map { column, width in
                let part = line < column.count ? column[line] : ""
                return part + String(repeating: " ", count: max(0, width - part.count))
            }
            return trimmedEnd(parts.joined(separator: gap))
        }
    }

    private static func wrapped(_ cell: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in cell.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func trimmedEnd(_ text: String) -> String {
        String(text.prefix(text.count - text.reversed().prefix { $0 == " " }.count))
    }
}
