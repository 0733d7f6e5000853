// NoteLines.swift — a note's bytes cut into lines that keep their place.
// Explainer › Notes.

import Base

/// The lines of a file, as byte ranges without their newlines. Everything after it may rely on clean text.
struct NoteLines {
    let path: String
    let bytes: [UInt8]
    let ranges: [Range<Int>]

    var count: Int { ranges.count }

    /// - Throws: the first line with ill-formed UTF-8, a tab, a carriage return or a trailing space; or a wrong end.
    init(_ bytes: [UInt8], path: String) throws(NoteFault) {
        var ranges: [Range<Int>] = []
        var start = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            ranges.append(start..<index)
            start = index + 1
        }
        if start < bytes.count { ranges.append(start..<bytes.count) }
        self.path = path
        self.bytes = bytes
        self.ranges = ranges

        for index in ranges.indices { try check(index) }
        guard let last = ranges.last else { throw fault(0, "the file is empty") }
        guard start == bytes.count, !last.isEmpty else {
            throw fault(count - 1, "the file must end with exactly one newline")
        }
    }

    /// - Parameter index: counted from 0; the fault shows it counted from 1.
    func fault(_ index: Int, _ what: String) -> NoteFault { NoteFault(path, index + 1, what) }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    func text(_ index: Int) -> String { text(ranges[index]) }

    func starts(_ index: Int, with prefix: String) -> Bool { bytes[ranges[index]].starts(with: prefix.utf8) }

    private func check(_ index: Int) throws(NoteFault) {
        let span = bytes.span
        var offset = ranges[index].lowerBound
        while offset < ranges[index].upperBound {
            switch bytes[offset] {
            case UInt8(ascii: "\t"): throw fault(index, "a tab is not allowed")
            case UInt8(ascii: "\r"): throw fault(index, "a carriage return is not allowed")
            case ..<0x20, 0x7F: throw fault(index, "a control character is not allowed")
            default: break
            }
            let step = UTF8Scan.step(span, at: offset)
            guard step.isWellFormed else { throw fault(index, "the text is not UTF-8") }
            offset += step.length
        }
        guard bytes[ranges[index]].last != UInt8(ascii: " ") else { throw fault(index, "trailing space") }
    }
}
