// PointedSide.swift — "tell me more about the second one", after "GPTQ vs AWQ", is a question about AWQ.
// Explainer › Question.  What is pointed at is written out, so that everything behind reads a question that names it.

/// The side of an earlier comparison that a question points at.
package struct PointedSide: Sendable, Equatable {
    /// The question with the side's name where the pointer stood.
    package let question: String
    package let name: String

    /// - Parameters:
    ///   - question: one clean line.
    ///   - earlier: the questions before it, oldest first; the newest that compares two things is meant.
    /// - Returns: nil where nothing is pointed at, or nothing was compared.
    package init?(in question: String, after earlier: [String]) {
        let words = question.split(separator: " ")
        guard let (place, side) = Self.pointer(in: words),
            let sides = earlier.lazy.reversed().map(Comparison.sides).first(where: { !$0.isEmpty })
        else { return nil }
        name = QuestionWords.subject(of: sides[side])
        let sign = words[place.upperBound - 1].dropFirst(Self.core(words[place.upperBound - 1]).count)
        self.question = (words[..<place.lowerBound] + [name + sign] + words[place.upperBound...]).joined(separator: " ")
    }

    /// Where a side is pointed at, and which: 0 or 1. "The first" must end there or stand before a word like "option": "the
    /// first token" is no side.
    private static func pointer(in words: [Substring]) -> (place: Range<Int>, side: Int)? {
        for start in words.indices.dropLast() where core(words[start]) == "the" {
            let (word, next) = (core(words[start + 1]), start + 2)
            guard let side = sides[word] else { continue }
            let ends = next == words.endIndex || word.count < words[start + 1].count
            if !ends, options.contains(core(words[next])) { return (start..<next + 1, side) }
            if ends || alone.contains(word) { return (start..<next, side) }
        }
        return nil
    }

    /// In lower case, without the signs behind it.
    private static func core(_ word: Substring) -> String {
        var letters = word
        while let last = letters.last, ".,;:?!)".contains(last) { letters.removeLast() }
        return letters.lowercased()
    }

    private static let sides = ["first": 0, "former": 0, "1st": 0, "second": 1, "latter": 1, "2nd": 1]
    private static let alone: Set = ["former", "latter"]
    private static let options: Set = [
        "one", "option", "approach", "method", "way", "choice", "technique", "variant", "algorithm", "side",
    ]
}
