// TableSelection.swift — which table of a note a question asks for: what lies side by side there takes many sentences to say.
// Explainer › Evidence.

/// Finds the table of a note that speaks of what is asked.
package struct TableSelection {
    let vocabulary: Vocabulary

    package init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// The words that question and table share weigh so much at least: one word that every eighth note has.
    private static let leastWeight = 2.0

    /// A table's range in the note's file.
    ///
    /// - Parameter isShownAgain: the answer before quoted the note, and perhaps the table with it: it must be asked for.
    package func table(of note: Note, for question: String, isShownAgain: Bool) -> Range<Int>? {
        let isAskedFor = Comparison.isAsked(in: question) || Self.asksForNumbers(question)
        guard isAskedFor || !isShownAgain else { return nil }
        let asked = vocabulary.stems(of: question)
        var best: (table: Range<Int>, weight: Double)?
        for table in Sentences.tables(note.bytes, in: note[.explanation].range) {
            let weight = vocabulary.weight(ofAll: asked.intersection(vocabulary.stems(of: note.text(table))))
            if weight > best?.weight ?? -1 { best = (table, weight) }
        }
        guard let best, isAskedFor || best.weight >= Self.leastWeight else { return nil }
        return best.table
    }

    private static func asksForNumbers(_ question: String) -> Bool {
        let words = question.lowercased().split { !$0.isLetter }
        let asksHowMany = zip(words, words.dropFirst()).contains {
            $0 == "how" && ["many", "much", "big"].contains($1)
        }
        return asksHowMany
            || words.contains { ["table", "numbers", "overview", "kinds", "types", "options"].contains($0) }
    }
}
