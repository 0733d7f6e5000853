// FollowUp.swift — "and how is it evicted?" means something only after what was asked before.
// Explainer › Question.

/// Joins a question with the earlier ones it leans on.
package enum FollowUp {
    /// Older turns than this are not looked at.
    static let mostTurns = 3

    /// The earlier questions that belong before `question`; none if it stands alone.
    ///
    /// - Parameter isKnown: whether the notes have a word, however inflected.
    package static func context(
        for question: String, in conversation: [ConversationTurn], isKnown: (String) -> Bool
    ) -> [String] {
        guard leansBack(question, isKnown) else { return [] }
        var context: [String] = []
        for turn in conversation.suffix(mostTurns).reversed() {
            let earlier = QuestionText.normalized(turn.question)
            guard !earlier.isEmpty else { continue }
            context.insert(earlier, at: 0)
            // What was asked before may itself lean on its predecessor.
            if !leansBack(earlier, isKnown), context.count > 1 { break }
        }
        return context
    }

    /// Whether the words point back, or are too few to stand alone.
    private static func leansBack(_ question: String, _ isKnown: (String) -> Bool) -> Bool {
        let words = question.split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map { $0.lowercased() }
        guard let first = words.first else { return true }
        if openers.contains(first) || words.contains(where: { pointers.contains($0) }) { return true }
        return words.count { $0.count > 3 && isKnown($0) } < 5
    }

    private static let openers: Set<String> = ["and", "but", "so", "then", "or", "also", "why", "what's"]
    private static let pointers: Set<String> = [
        "it", "its", "they", "them", "their", "that", "this", "these", "those", "one", "ones", "there", "he", "she",
        "former", "latter", "instead", "same", "such", "it's", "that's",
    ]
}
