// CanonicalForms.swift — NFC and NFD of bytes.
// Tokenization › PreTokenization.  Design: Unicode Annex #15, by the standard library, with one of its faults corrected.

@_spi(_Unicode) import Swift

extension ArraySlice<UInt8> {
    /// Canonical composition. Ill-formed bytes stay as they are.
    func canonicallyComposed() -> [UInt8] {
        // ASCII is composed as it stands; so are most texts, but finding out costs as much as composing.
        if allSatisfy({ $0 < 0x80 }) { return Array(self) }
        return withMarksApart().mapWellFormed { String(decoding: $0, as: UTF8.self)._nfc }
    }

    /// Canonical decomposition. Ill-formed bytes stay as they are.
    func canonicallyDecomposed() -> [UInt8] {
        if allSatisfy({ $0 < 0x80 }) { return Array(self) }
        return withMarksApart().mapWellFormed { String(decoding: $0, as: UTF8.self)._nfd }
    }

    /// The four characters that are two marks each, as those two. All other decompositions begin with a letter; of
    /// these the library of Swift 6.3 leaves the marks behind others that they belong before: U+036E U+0F81 must
    /// become U+0F71 U+0F80 U+036E. None of them is ever composed again, so the forms do not change by it.
    private func withMarksApart() -> ArraySlice<UInt8> {
        // Their lead bytes: Greek and combining marks, Tibetan.
        guard contains(where: { $0 == 0xcd || $0 == 0xe0 }) else { return self }
        var text = self
        for (pair, marks) in ArraySlice.markPairs { text = text.replacing(pair, by: marks)[...] }
        return text
    }

    private static let markPairs: [([UInt8], [UInt8])] = [
        ("\u{344}", "\u{308}\u{301}"), ("\u{f73}", "\u{f71}\u{f72}"), ("\u{f75}", "\u{f71}\u{f74}"),
        ("\u{f81}", "\u{f71}\u{f80}"),
    ].map { (pair: String, marks: String) in (Array(pair.utf8), Array(marks.utf8)) }

    /// Every occurrence of `pattern`, left to right, becomes `replacement`.
    func replacing(_ pattern: [UInt8], by replacement: [UInt8]) -> [UInt8] {
        guard let first = pattern.first else { return Array(self) }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = startIndex
        while index < endIndex {
            if self[index] == first && self[index...].starts(with: pattern) {
                result += replacement
                index += pattern.count
            } else {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }
}
