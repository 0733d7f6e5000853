// DoubleQuestion.swift — "what is X, and how does Y work?" is two questions.
// Explainer › Question.  Each part is searched for itself: one mean of two subjects is near neither.

/// Cuts a question where a second one begins.
package enum DoubleQuestion {
    static let mostParts = 3
    /// A part of fewer words has no subject of its own.
    static let fewestWords = 3

    /// The parts in order; one if there is nothing to cut.
    package static func parts(_ question: String) -> [String] {
        let words = question.split(separator: " ")
        var parts: [[Substring]] = [[]]
        for (index, word) in words.enumerated() {
            let hasRoom = parts.count < mostParts && words.count - index >= fewestWords
            let part = parts[parts.count - 1]
            if hasRoom, part.count >= fewestWords, begins(words, at: index, after: part[0]) { parts.append([]) }
            parts[parts.count - 1].append(word)
        }
        return parts.map { trimmed($0) }
    }

    /// Whether a question of its own begins at a word: after a question mark, or with "and how" and the like; with ", why"
    /// only behind another question, because "our bill doubled, why" tells first and asks then.
    private static func begins(_ words: [Substring], at index: Int, after first: Substring) -> Bool {
        let before = words[index - 1]
        if before.hasSuffix("?") || before.hasSuffix(";") { return true }
        if before.hasSuffix(","), askers.contains(bare(words[index])) { return main.contains(bare(first)) }
        guard joints.contains(bare(words[index])) else { return false }
        var next = index + 1
        while next < words.count, fillers.contains(bare(words[next])) { next += 1 }
        guard next < words.count else { return false }
        let follows = bare(words[next])
        return askers.contains(follows) || (before.hasSuffix(",") && helpers.contains(follows))
    }

    /// Without the joint at the front and the mark at the end.
    private static func trimmed(_ words: [Substring]) -> String {
        var words = words[...]
        while words.count > 1, joints.contains(bare(words[words.startIndex])) { words = words.dropFirst() }
        var text = words.joined(separator: " ")
        while text.hasSuffix(",") || text.hasSuffix(";") { text.removeLast() }
        return text
    }

    private static func bare(_ word: Substring) -> String {
        String(word.unicodeScalars.filter { $0.properties.isAlphabetic }).lowercased()
    }

    private static let joints: Set<String> = ["and", "but", "plus"]
    private static let fillers: Set<String> = ["also", "then", "so", "in"]
    private static let askers: Set<String> = [
        "what", "whats", "how", "why", "when", "where", "which", "who", "tell", "explain",
    ]
    /// What a whole question begins with; "when" and "where" begin half of one.
    private static let main: Set<String> = ["what", "whats", "how", "why", "which", "who", "explain"]
    private static let helpers: Set<String> = ["does", "do", "is", "are", "can", "should", "would"]
}
