// SuiteRecord.swift — what the standard suite measured on one day, as a file, as tables, and beside an earlier day.
// Bench › Suite.

import Base
import Glibc

/// One measured thing: a row of a table.
struct SuiteRow {
    let section: String
    let label: String
    /// In the order of the columns; rows of a section have the same names.
    let figures: [(name: String, value: Double)]

    subscript(name: String) -> Double? { figures.first { $0.name == name }?.value }
}

struct SuiteRecord {
    let processor: String
    let kernels: String
    let threads: Int
    /// `2026-11-21`.
    let date: String
    var rows: [SuiteRow] = []

    /// Processor and instruction set, as a folder's name.
    var machine: String {
        let dropped: Set = ["r", "tm", "cpu", "processor"]
        let words = processor.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.map { String($0) }
        return (words.filter { !dropped.contains($0) } + [kernels]).joined(separator: "-")
    }

    static var today: String {
        var now = time(nil)
        var parts = tm()
        unsafe gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }

    // MARK: - As a file

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("cpu", processor)
            writer.field("kernels", kernels)
            writer.field("threads", threads)
            writer.field("date", date)
            writer.key("rows")
            writer.array { writer in
                for row in rows {
                    writer.object { writer in
                        writer.field("section", row.section)
                        writer.field("label", row.label)
                        writer.key("figures")
                        writer.object { writer in for (name, value) in row.figures { writer.field(name, value) } }
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    /// - Returns: nil for a file that is no such record.
    init?(json: JSON) {
        guard let processor = json["cpu"]?.string, let kernels = json["kernels"]?.string,
            let threads = json["threads"]?.integer, let date = json["date"]?.string, let rows = json["rows"]
        else { return nil }
        (self.processor, self.kernels, self.threads, self.date) = (processor, kernels, threads, date)
        self.rows = rows.elements.compactMap { row in
            guard let section = row["section"]?.string, let label = row["label"]?.string,
                let figures = row["figures"]
            else { return nil }
            return SuiteRow(
                section: section, label: label,
                figures: figures.members.compactMap { key, value in
                    value.double.map { (String(decoding: key, as: UTF8.self), $0) }
                })
        }
    }

    init(processor: String, kernels: String, threads: Int, date: String) {
        (self.processor, self.kernels, self.threads, self.date) = (processor, kernels, threads, date)
    }

    // MARK: - As tables

    var markdown: String {
        var lines = ["\(processor), \(kernels) kernels, \(threads) threads, \(date)."]
        var sections: [String] = []
        for row in rows where !sections.contains(row.section) { sections.append(row.section) }
        for section in sections {
            let rows = rows.filter { $0.section == section }
            let names = rows[0].figures.map(\.name)
            lines += ["", "| \(section) | \(names.joined(separator: " | ")) |"]
            lines.append("|---" + String(repeating: "|---", count: names.count) + "|")
            lines += rows.map { row in
                "| \(row.label) | " + names.map { row[$0].map(rounded) ?? "" }.joined(separator: " | ") + " |"
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Each figure as a ratio to the earlier record's; rows and figures that only one has are left out.
    func ratios(to earlier: SuiteRecord) -> [String] {
        rows.compactMap { row in
            guard let old = earlier.rows.first(where: { $0.section == row.section && $0.label == row.label }) else {
                return nil
            }
            let cells = row.figures.compactMap { name, value in
                old[name].flatMap { $0 > 0 ? "\(name) \(rounded(value / $0)) ×" : nil }
            }
            return cells.isEmpty ? nil : "\(row.section), \(row.label): " + cells.joined(separator: ", ")
        }
    }
}
