// QuestionReader.swift — from what was typed to what is searched for.
// Explainer › Question.  1. one clean line  2. spelling  3. parts  4. long forms  5. what was asked before

/// A question, ready to be searched.
package struct UnderstoodQuestion: Sendable, Equatable {
    /// What was typed, spelling corrected, without what was asked before.
    package let own: String
    /// `own`, and its parts if it asks two things; long forms of abbreviations are added.
    package let searches: [String]
    /// The two things it compares, if it compares any; long forms added.
    package let compared: [String]
    /// What was asked before; nil for a first question.
    package let earlier: Earlier?
    /// The side of an earlier comparison that was pointed at, and is named in `own` now.
    package let pointedSide: String?
    /// Whether it names anything but a side of something: "and what does it cost?" does not.
    package let hasSubject: Bool
    /// Whether it means something only after what was asked before: the search finds out.
    package var leansBack = false
    /// What is searched for: for people to read, and for the model to answer.
    package var text: String { leansBack ? earlier?.joined ?? own : own }
    /// Everything to be searched for: `searches`, `compared`, then, if something was asked before, all of it joined and the
    /// last alone.
    package var allSearches: [String] {
        searches + compared + (earlier.map { [$0.joinedSearch, $0.lastSearch] } ?? [])
    }
    /// Which of these is `text`.
    package var wholePlace: Int { leansBack ? searches.count + compared.count : 0 }
    /// Words of `own` that the notes do not have and that resemble none of theirs.
    package let unknownWords: [String]
    /// What was put in the place of what.
    package let corrections: [Correction]

    package struct Correction: Sendable, Equatable {
        package let typed: String
        package let meant: String
    }

    package struct Earlier: Sendable, Equatable {
        /// The stems of what the newest of the earlier questions that names a subject is about.
        package let subject: Set<[UInt8]>
        /// The earlier questions and this one on a line.
        package let joined: String
        /// The same with the long forms of its abbreviations, and the newest of the earlier ones alone.
        package let joinedSearch: String
        package let lastSearch: String
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
        let line = Shorthand.writtenOut(QuestionText.withoutTags(QuestionText.normalized(question)))
        let typed = Manner.removed(from: QuestionText.withoutCourtesy(line))
        let pointed = PointedSide(
            in: typed, after: conversation.suffix(FollowUp.mostTurns).map { QuestionText.normalized($0.question) })
        let (spelled, corrections, unknown) = corrected(pointed?.question ?? typed)
        let own = QuestionText.withoutCourtesy(spelled)
        let parts = DoubleQuestion.parts(own)
        let before = FollowUp.earlier(in: conversation) { !vocabulary.subject(of: $0).isEmpty }
        let subject = before.last { !vocabulary.subject(of: $0).isEmpty } ?? ""
        let earlier = before.last.map { last in
            let joined = (before + [own]).joined(separator: " ")
            return UnderstoodQuestion.Earlier(
                subject: vocabulary.subject(of: subject), joined: joined, joinedSearch: expanded(joined),
                lastSearch: expanded(last))
        }
        let compared = parts.count > 1 ? [] : Comparison.sides(of: own)
        return UnderstoodQuestion(
            own: own, searches: ([own] + (parts.count > 1 ? parts : [])).map(expanded),
            compared: compared.map(expanded), earlier: earlier, pointedSide: pointed?.name,
            hasSubject: !vocabulary.subject(of: own).isEmpty,
            unknownWords: unknown, corrections: corrections)
    }

    private func corrected(
        _ text: String
    ) -> (text: String, corrections: [UnderstoodQuestion.Correction], unknown: [String]) {
        var corrections: [UnderstoodQuestion.Correction] = []
        var unknown: [String] = []
        let hasSmallLetters = text.contains(where: \.isLowercase)
        let words = text.split(separator: " ").map { word -> String in
            let letters = word.drop { !$0.isLetter }
            let core = letters.prefix { $0.isLetter || $0 == "'" }
            guard core.count > 2, abbreviations[word: core.lowercased()] == nil,
                !Aspect.isAsked(core.lowercased())
            else { return String(word) }
            // Names of code, compounds and acronyms are meant as they are.
            let isPlain =
                !word[core.endIndex...].contains { $0.isLetter || $0.isNumber }
                && !(hasSmallLetters && core.allSatisfy(\.isUppercase))
            if isPlain, letters.startIndex == word.startIndex || word.first?.isNumber == false,
                corrections.count < Self.mostCorrections, !isWord(core.lowercased()),
                let meant = vocabulary.correction(of: String(core))
            {
                corrections.append(.init(typed: String(core), meant: meant))
                return String(word[..<letters.startIndex]) + meant + String(word[core.endIndex...])
            }
            if !vocabulary.knows(String(core)) { unknown.append(String(core)) }
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
