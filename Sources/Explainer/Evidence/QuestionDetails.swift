// QuestionDetails.swift — what a question asks of a note beyond the note's own question.
// Explainer › Evidence.  "How do I choose the rank?" of a note on LoRA: the paragraph that speaks of it, not the first one.

/// Finds the sentences of a note that speak of what only this question asks.
struct QuestionDetails {
    let book: SentenceBook
    let vocabulary: Vocabulary

    /// A paragraph has at least this share of the words, by weight; a heading's words count so much more.
    private static let leastCovered = 0.5
    private static let headingBonus = 0.25
    /// A word of so many of the ways to ask the note is its name.
    private static let nameShare = 0.25
    /// Words that many notes have point at nothing: this is the weight of one that every eighth has.
    private static let leastWeight = 2.0
    /// Sentences of that paragraph.
    private static let sentenceCount = 2

    /// What the note says of the question's own words.
    struct Found {
        /// In file order.
        var sentences: [Range<Int>] = []
        /// The short answer says nothing of the question's subject: these come before it.
        var isSubject = false
    }

    /// How much of the subject, by weight, the short answer says at most and the paragraph at least, for the paragraph to be
    /// about the subject and the short answer not: "what is a confusion matrix" of a note on precision and recall.
    private static let (mostShort, leastSubject) = (0.5, 0.8)

    /// The same, and whether it is the question's subject.
    func found(in note: Note, for question: String) -> Found {
        let ranges = sentences(of: note, for: question)
        let subject = vocabulary.subject(of: question)
        let total = vocabulary.weight(ofAll: subject)
        guard !ranges.isEmpty, total > 0 else { return Found(sentences: ranges) }
        func share(_ stems: Set<[UInt8]>) -> Double { vocabulary.weight(ofAll: subject.intersection(stems)) / total }
        let told = vocabulary.stems(of: ranges.map(note.text).joined(separator: " "))
        let short = vocabulary.stems(of: note.text(.shortAnswer))
        return Found(
            sentences: ranges, isSubject: share(short) <= Self.mostShort && share(told) >= Self.leastSubject)
    }

    /// In file order; none where the question has no words but those that ask for the note itself.
    func sentences(of note: Note, for question: String) -> [Range<Int>] {
        let paragraphs = book.paragraphs(of: note)
        // What the note does not speak of cannot be found in it.
        let spoken = paragraphs.reduce(into: Set<[UInt8]>()) { $0.formUnion($1.stems) }
        let words = vocabulary.stems(of: question).subtracting(names(of: note)).intersection(spoken)
        let total = vocabulary.weight(ofAll: words)
        guard total >= Self.leastWeight else { return [] }
        func covered(_ stems: Set<[UInt8]>) -> Double { vocabulary.weight(ofAll: words.intersection(stems)) / total }

        var best: (paragraph: NoteParagraph, score: Double)?
        for paragraph in paragraphs {
            let share = covered(paragraph.stems)
            let score = share + Self.headingBonus * covered(paragraph.heading)
            if share >= Self.leastCovered, score > best?.score ?? 0 { best = (paragraph, score) }
        }
        guard let paragraph = best?.paragraph else { return [] }
        // From its beginning on if its heading says what was asked, or else from the sentence that says most of it; what
        // follows may lean on that.
        let starts = paragraph.sentences.indices.filter { place in
            AnswerSentence(note: note, range: paragraph.sentences[place].range, heading: .explanation).stands
        }
        func earliest(_ left: Int, _ right: Int) -> Bool {
            let (a, b) = (covered(paragraph.sentences[left].stems), covered(paragraph.sentences[right].stems))
            return a != b ? a < b : left > right
        }
        let isNamed = !words.isDisjoint(with: paragraph.heading)
        guard let start = isNamed ? starts.first : starts.max(by: earliest) else { return [] }
        return paragraph.sentences[start...].prefix(Self.sentenceCount).map(\.range)
    }

    /// The words of the note's question and of many of the other ways to ask it.
    private func names(of note: Note) -> Set<[UInt8]> {
        var counts: [[UInt8]: Int] = [:]
        let ways = [note.question] + note.alsoAsked + note.askedPlainly
        for way in ways { for stem in vocabulary.stems(of: way) { counts[stem, default: 0] += 1 } }
        let least = Self.nameShare * Double(ways.count)
        return Set(counts.lazy.filter { Double($0.value) >= least }.map(\.key))
            .union(vocabulary.stems(of: note.question))
    }
}
