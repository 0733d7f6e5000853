// Comparison.swift — "LoRA vs. full fine-tuning" asks for two things at once.
// Explainer › Question.  The order of the notes is that of the whole question; this tells which second note to quote.

/// Finds the two sides of a comparison.
package enum Comparison {
    /// Longer questions with "or" in them rarely ask to choose.
    static let mostWordsWithOr = 9

    /// The two things that are compared, as they are written; none where nothing is.
    package static func sides(of question: String) -> [String] {
        let words = question.split(separator: " ")
        let keys = words.map { $0.lowercased().filter(\.isLetter) }
        guard let (left, right) = cut(keys) else { return [] }
        let sides = [left, right].map { text(words[$0]) }
        return sides.allSatisfy(QuestionWords.hasSubject) ? sides : []
    }

    /// Whether it asks how something compares, be the other side named or not: "and how is it different from PPO?"
    static func isAsked(in question: String) -> Bool {
        question.split(separator: " ").contains { word in
            words.contains(word.lowercased().filter(\.isLetter))
        }
    }

    /// What a comparison is asked with.
    static let words: Set = [
        "vs", "versus", "compare", "compares", "compared", "comparing", "differ", "differs", "different", "difference",
        "than",
    ]

    /// Where the two sides stand among the words.
    private static func cut(_ keys: [String]) -> (left: Range<Int>, right: Range<Int>)? {
        let all = keys.indices
        func first(_ wanted: Set<String>, from start: Int = 0) -> Int? {
            all[start...].first { wanted.contains(keys[$0]) }
        }
        if let sign = first(["vs", "versus"]) { return (0..<sign, sign + 1..<all.endIndex) }
        if let start = first(["between"]), let joint = first(["and"], from: start) {
            return (start + 1..<joint, joint + 1..<all.endIndex)
        }
        if let start = first(["compare", "comparing"]),
            let joint = first(["and", "with", "to", "against"], from: start)
        {
            return (start + 1..<joint, joint + 1..<all.endIndex)
        }
        if let verb = first(["differ", "different", "compared"]), verb + 1 < all.endIndex,
            ["from", "to", "with"].contains(keys[verb + 1])
        {
            return (0..<verb, verb + 2..<all.endIndex)
        }
        if all.count <= mostWordsWithOr, let joint = first(["or"]) { return (0..<joint, joint + 1..<all.endIndex) }
        return nil
    }

    private static func text(_ words: ArraySlice<Substring>) -> String {
        var text = words.joined(separator: " ")
        while let last = text.last, "?,;:.!".contains(last) { text.removeLast() }
        return text
    }
}
