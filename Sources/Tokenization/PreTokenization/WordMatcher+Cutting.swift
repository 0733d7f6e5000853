// WordMatcher+Cutting.swift — finds what a `Split` cuts at.
// Tokenization › PreTokenization.

extension WordMatcher {
    /// Reports the matches in `word` and the stretches between them, each `offset` further on.
    func cut(_ word: Span<UInt8>, offset: Int, _ cutter: inout WordCutter) {
        var end = 0
        func report(_ match: Range<Int>) {
            if end < match.lowerBound { cutter.append(offset + end..<offset + match.lowerBound, isMatch: false) }
            cutter.append(offset + match.lowerBound..<offset + match.upperBound, isMatch: true)
            end = match.upperBound
        }
        switch self {
        case .known(let pattern):
            let classes = CharacterClasses.shared
            while end < word.count {
                report(end..<pattern.endOfWord(in: word, from: end, end: word.count, classes: classes))
            }
        case .expression(let expression):
            if let repaired = word.withSubstitutesForIllFormedBytes() {
                expression.forEachMatch(in: repaired.span, report)
            } else {
                expression.forEachMatch(in: word, report)
            }
        case .literal(let pattern):
            WordMatcher.forEachOccurrence(of: pattern, in: word, report)
        }
        if end < word.count { cutter.append(offset + end..<offset + word.count, isMatch: false) }
    }

    private static func forEachOccurrence(of pattern: [UInt8], in word: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        guard let first = pattern.first else { return }
        var position = 0
        while position + pattern.count <= word.count {
            if word[position] == first, pattern.indices.allSatisfy({ word[position + $0] == pattern[$0] }) {
                body(position..<position + pattern.count)
                position += pattern.count
            } else {
                position += 1
            }
        }
    }
}

extension Span<UInt8> {
    /// The same number of bytes with U+001A, the control character SUBSTITUTE, for each byte that is no part of valid
    /// UTF-8: regular expressions see a character that is neither letter nor number nor space, as scanners do. Nil when
    /// nothing is wrong.
    fileprivate func withSubstitutesForIllFormedBytes() -> [UInt8]? {
        var copy: [UInt8]?
        var position = 0
        while position < count {
            let decoded = UTF8Decoding.scalar(in: self, at: position, end: count)
            if !decoded.isValid {
                var bytes = copy ?? indices.map { self[$0] }
                for index in position..<position + decoded.length { bytes[index] = 0x1a }
                copy = bytes
            }
            position += decoded.length
        }
        return copy
    }
}
