// FollowUp.swift — "and how is it evicted?" means something only after what was asked before.
// Explainer › Question.  Words alone do not tell: where the two questions lead says more (`leaning`).

internal import Glibc

/// How much a question leans on the ones before it.
package enum FollowUp {
    /// Earlier questions that are read with the new one.
    static let mostTurns = 2

    /// What was asked before, oldest first: one clean line each. Of a run of questions like "is it slow?" the newest, and the
    /// question that they are all about.
    ///
    /// - Parameter hasSubject: whether a question names what it is about.
    package static func earlier(
        in conversation: [ConversationTurn], hasSubject: (String) -> Bool = { _ in true }
    ) -> [String] {
        let questions = conversation.map { QuestionText.normalized($0.question) }.filter { !$0.isEmpty }
        let last = questions.suffix(mostTurns)
        guard !last.contains(where: hasSubject), let subject = questions.last(where: hasSubject) else {
            return Array(last)
        }
        return [subject] + last.suffix(mostTurns - 1)
    }

    /// The probability that a question leans on the one before it, from four numbers.
    ///
    /// The weights are a logistic model of 231 follow-ups (Tests/Fixtures/conversations.jsonl and the tuning questions) and
    /// 822 changes of the subject (a tuning question after another, of any folder or of its own), a follow-up counted as
    /// twice as frequent. Fitted on four fifths, it separates the fifth with an area under the curve of .91.
    ///
    /// - Parameters:
    ///   - question: without the earlier ones.
    ///   - ownInEarlier: 0…1, what the search for the earlier question thinks of the note found first for this one.
    ///   - earlierInOwn: 0…1, what the search for this one thinks of the note of the earlier one.
    package static func leaning(of question: String, ownInEarlier: Double, earlierInOwn: Double) -> Double {
        let words = words(of: question)
        let sum =
            0.63 + (pointsBack(question) ? 1.71 : 0) - 1.30 * log(1 + Double(words.count)) + 3.69 * ownInEarlier + 6.08
            * earlierInOwn
        return 1 / (1 + exp(-sum))
    }

    /// "How is it trained?": whether a word stands for something said before.
    package static func pointsBack(_ question: String) -> Bool {
        words(of: question).contains { pointers.contains(String($0)) }
    }

    private static func words(of question: String) -> [Substring] {
        question.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }
    }

    private static let pointers: Set<String> = [
        "it", "its", "they", "them", "their", "that", "this", "these", "those", "one", "ones", "there", "he", "she",
        "former", "latter", "instead", "same", "such", "it's", "that's",
    ]
}
