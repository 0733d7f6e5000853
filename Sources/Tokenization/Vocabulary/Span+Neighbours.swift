// Span+Neighbours.swift — white space and word characters beside a match.
// Tokenization › Vocabulary.  `\s` and `\w` as Rust's regex crate reads them (UTS #18, annex C).

extension Span<UInt8> {
    /// Where the white space at the end of `range` begins; the range's end when there is none.
    func startOfTrailingSpaces(in range: Range<Int>) -> Int {
        var start = range.upperBound
        while start > range.lowerBound {
            let previous = startOfCharacter(before: start, from: range.lowerBound)
            guard scalar(at: previous, end: start)?.properties.isWhitespace == true else { break }
            start = previous
        }
        return start
    }

    /// Where the white space at the start of `range` ends.
    func endOfLeadingSpaces(in range: Range<Int>) -> Int {
        var end = range.lowerBound
        while end < range.upperBound {
            let decoded = UTF8Decoding.scalar(in: self, at: end, end: range.upperBound)
            guard decoded.isValid, Unicode.Scalar(decoded.value)?.properties.isWhitespace == true else { break }
            end += decoded.length
        }
        return end
    }

    func hasWordCharacter(before position: Int, from start: Int) -> Bool {
        guard position > start else { return false }
        return scalar(at: startOfCharacter(before: position, from: start), end: position)?.isWordCharacter == true
    }

    func hasWordCharacter(at position: Int, end: Int) -> Bool {
        position < end && scalar(at: position, end: end)?.isWordCharacter == true
    }

    /// Steps back over at most three continuation bytes.
    private func startOfCharacter(before position: Int, from start: Int) -> Int {
        var index = position - 1
        while index > start && index > position - 4 && self[index] & 0xc0 == 0x80 { index -= 1 }
        return index
    }

    private func scalar(at position: Int, end: Int) -> Unicode.Scalar? {
        let decoded = UTF8Decoding.scalar(in: self, at: position, end: end)
        return decoded.isValid ? Unicode.Scalar(decoded.value) : nil
    }
}
