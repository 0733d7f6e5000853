// CitedText.swift — a model's own words, cut into sentences, each with the markers that stand in it or behind it.
// Explainer › Answer › Cited.

/// `The cache is paged [2]. It has blocks. [1][3]` is two sentences, of sources 2 and of 1 and 3.
package struct CitedText: Sendable, Equatable {
    package struct Sentence: Sendable, Equatable {
        /// Without its markers.
        package var text: String
        /// In the order they stand; counted from 1.
        package var markers: [Int] = []

        package init(text: String, markers: [Int] = []) {
            self.text = text
            self.markers = markers
        }
    }

    package let sentences: [Sentence]

    /// - Complexity: O(bytes).
    package init(_ bytes: [UInt8]) {
        let (plain, markers) = Self.withoutMarkers(bytes)
        sentences = Sentences.ranges(plain, in: 0..<plain.count).map { range in
            let end = plain[range].lastIndex { !Self.isBlank($0) }.map { $0 + 1 } ?? range.lowerBound
            return Sentence(
                text: AnswerSentence.line(String(decoding: plain[range.lowerBound..<end], as: UTF8.self)),
                markers: markers.filter { $0.offset > range.lowerBound && $0.offset <= range.upperBound }.map(\.number))
        }
    }

    /// A marker belongs to the text that it stands behind, across blanks.
    private static func withoutMarkers(_ bytes: [UInt8]) -> (plain: [UInt8], markers: [(offset: Int, number: Int)]) {
        var plain: [UInt8] = []
        var markers: [(offset: Int, number: Int)] = []
        var index = 0
        while index < bytes.count {
            if let (number, end) = marker(bytes, at: index) {
                while let last = plain.last, isBlank(last) { plain.removeLast() }
                markers.append((plain.count, number))
                index = end
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return (plain, markers)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }

    /// `[12]`, and where it ends.
    private static func marker(_ bytes: [UInt8], at start: Int) -> (number: Int, end: Int)? {
        guard bytes[start] == UInt8(ascii: "[") else { return nil }
        var (number, index) = (0, start + 1)
        while index < bytes.count, index - start <= 4, let digit = Int(String(UnicodeScalar(bytes[index]))) {
            number = number * 10 + digit
            index += 1
        }
        guard index > start + 1, index < bytes.count, bytes[index] == UInt8(ascii: "]") else { return nil }
        return (number, index + 1)
    }
}
