// QuestionReader.swift — from what was typed to what is searched for.
// Explainer › Question.  1. one clean line  2. spelling  3. what was asked before  4. parts  5. long forms

/// A question, ready to be searched.
package struct UnderstoodQuestion: Sendable, Equatable {
    /// What is searched for: for people to read, and for the model to answer.
    package let text: String
    /// What was typed, spelling corrected, without what was asked before.
    package let own: String
    /// `text`, or its parts if it asks two things; long forms of abbreviations are added.
    package let searches: [String]
    /// Words of `own` that the notes do not have and that resemble none of theirs.
    package let unknownWords: [String]
    /// What was put in the place of what.
    package let corrections: [Correction]

    package struct Correction: Sendable, Equatable {
        package let typed: String
        package let meant: String
    }
}

/// Understands questions without a model: every rule can be read here, and gives the same always.
package struct QuestionReader: Sendable {
    private let vocabulary: Vocabulary
    private let abbreviations: Abbreviations
    private let isWord: @Sendable (String) -> Bool
    /// Longer questions have enough right words.
    static let mostCorrections = 8

    /// - Parameter isWord: whether a word that the notes do not have is a word nevertheless. Without it "wipe that"
    ///   becomes "wide that", because the notes say nothing of wiping.
    package init(
        vocabulary: Vocabulary, abbreviations: Abbreviations,
        isWord: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.vocabulary = vocabulary
        self.abbreviations = abbreviations
        self.isWord = isWord
    }

    package func read(_ question: String, conversation: [ConversationTurn] = []) -> UnderstoodQuestion {
        let typed = QuestionText.normalized(question)
        let (spelled, corrections, unknown) = corrected(typed)
        let context = FollowUp.context(for: spelled, in: conversation) { vocabulary.knows($0) }
        let own = QuestionText.withoutCourtesy(spelled)
        let text = (context + [own]).joined(separator: " ")
        // A follow-up is one question: cut from what was asked before, its parts mean nothing.
        var searches = [text]
        if context.isEmpty {
            let parts = DoubleQuestion.parts(own)
            if parts.count > 1 { searches += parts }
        }
        return UnderstoodQuestion(
            text: text, own: own, searches: searches.map(expanded), unknownWords: unknown, corrections: corrections)
    }

    private func corrected(
        _ text: String
    ) -> (text: String, corrections: [UnderstoodQuestion.Correction], unknown: [String]) {
        var corrections: [UnderstoodQuestion.Correction] = []
        var unknown: [String] = []
        let words = text.split(separator: " ").map { word -> String in
            let letters = word.drop { !$0.isLetter }
            let core = letters.prefix { $0.isLetter || $0 == "'" }
            guard core.count > 2, !vocabulary.knows(String(core)), abbreviations[word: core.lowercased()] == nil else {
                return String(word)
            }
            // Names of code and compounds are meant as they are.
            let isPlain = !word[core.endIndex...].contains { $0.isLetter || $0.isNumber }
            if isPlain, letters.startIndex == word.startIndex || word.first?.isNumber == false,
                corrections.count < Self.mostCorrections, !isWord(core.lowercased()),
                let meant = vocabulary.correction(of: String(core))
            {
                corrections.append(.init(typed: String(core), meant: meant))
                return String(word[..<letters.startIndex]) + meant + String(word[core.endIndex...])
            }
            unknown.append(String(core))
            return String(word)
        }
        return (words.joined(separator: " "), corrections, unknown)
    }

    /// The text with the long forms of its abbreviations behind it, each once.
    private func expanded(_ text: String) -> String {
        var seen: Set<String> = []
        var added: [String] = []
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            let short = word.lowercased()
            guard let long = abbreviations[word: short], seen.insert(short).inserted, !text.lowercased().contains(long)
            else { continue }
            added.append(long)
        }
        return added.isEmpty ? text : text + " (" + added.joined(separator: ", ") + ")"
    }
}
