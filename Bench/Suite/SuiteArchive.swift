// SuiteArchive.swift — the records of one machine, by day and by run: 2026-11-21-suite.json, 2026-11-21-suite-2.json.
// Bench › Suite.

import Base

struct SuiteArchive {
    /// A record's name in parts; ordered by time.
    private struct Entry {
        let name: String
        let date: Substring
        let number: Int

        init?(_ name: String) {
            let mark = "-suite"
            guard name.hasSuffix(".json"), name.utf8.allSatisfy({ $0 < 0x80 }), name.count > 10 else { return nil }
            let (date, rest) = (name.prefix(10), name.dropFirst(10).dropLast(5))
            guard rest.hasPrefix(mark) else { return nil }
            let suffix = rest.dropFirst(mark.count)
            guard suffix.isEmpty || suffix.hasPrefix("-") else { return nil }
            guard let number = suffix.isEmpty ? 1 : Int(suffix.dropFirst()), number > 0 else { return nil }
            (self.name, self.date, self.number) = (name, date, number)
        }
    }

    private let folder: String
    /// From the oldest on.
    private let entries: [Entry]

    /// A folder that is not there yet is empty.
    init(_ folder: String) {
        self.folder = folder
        let names = (try? ReadFolder.names(folder)) ?? []
        entries = names.compactMap { Entry($0) }.sorted { ($0.date, $0.number) < ($1.date, $1.number) }
    }

    /// The last record with so many threads: with others, ratios would say more about the machine than about the code.
    func newest(threads: Int) throws -> (name: String, record: SuiteRecord)? {
        for entry in entries.reversed() {
            let bytes = try ReadFile.bytes(folder + "/" + entry.name, limit: 4 << 20)
            guard let record = SuiteRecord(json: try JSON.parse(bytes)), record.threads == threads else { continue }
            return (entry.name, record)
        }
        return nil
    }

    /// A name for one more record of that day.
    func freeName(date: String) -> String {
        let last = entries.last { $0.date == date }?.number ?? 0
        return last == 0 ? "\(date)-suite.json" : "\(date)-suite-\(last + 1).json"
    }
}
