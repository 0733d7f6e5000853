// Abbreviations.swift — what people write short, and the words the notes use for it.
// Explainer › Question.  A plain file beside the notes: `short: long`, a line each, `#` for remarks.

internal import Base

/// The field's abbreviations, read from a file.
package struct Abbreviations: Sendable {
    package static let fileName = "abbreviations.txt"

    private let expansions: [String: String]

    package var count: Int { expansions.count }

    /// Without a file there are none.
    package init() { expansions = [:] }

    /// Reads the file of a corpus; a corpus without one has no abbreviations.
    ///
    /// - Throws: the first fault with its line.
    package init(corpus folder: String) throws(NoteFault) {
        let path = folder + "/" + Self.fileName
        let bytes: [UInt8]
        do { bytes = try ReadFile.bytes(path, limit: 1 << 20) } catch {
            guard !error.isMissing else {
                self.init()
                return
            }
            throw NoteFault(path, 1, "\(error)")
        }
        let (table, faults) = Self.parse(bytes, path: path)
        if let first = faults.first { throw first }
        self = table
    }

    private init(_ expansions: [String: String]) { self.expansions = expansions }

    /// The long form of a word in lower case.
    package subscript(word word: String) -> String? { expansions[word] }

    /// Reads what can be read: for checks that want every fault.
    package static func parse(_ bytes: [UInt8], path: String) -> (table: Abbreviations, faults: [NoteFault]) {
        var expansions: [String: String] = [:]
        var faults: [NoteFault] = []
        var last = ""
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            func fault(_ what: String) { faults.append(NoteFault(path, index + 1, what)) }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                fault("expected plain ASCII text")
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else {
                fault("expected 'short: long', found '\(text.prefix(40))'")
                continue
            }
            let short = String(text[..<colon])
            let rest = text[text.index(after: colon)...]
            let long = String(rest.dropFirst())
            guard rest.first == " ", !long.isEmpty, long.first != " ", long.last != " " else {
                fault("expected one space and the long form after '\(short):'")
                continue
            }
            guard !short.isEmpty, short.utf8.allSatisfy({ isLowerOrDigit($0) }) else {
                fault("the short form '\(short)' must be one word of lower-case letters and digits")
                continue
            }
            if short <= last { fault("'\(short)' must come before '\(last)': the short forms ascend, each once") }
            last = short
            expansions[short] = long
        }
        return (Abbreviations(expansions), faults)
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
