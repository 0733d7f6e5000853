// NextQuestionBook.swift — recognizes a question that a note answers among its follow-ups.
// Explainer › Evidence.  What an answer suggests to ask next must be answered when it is asked.

/// What a note's follow-ups say to the question.
package struct AskedNext: Sendable, Equatable {
    package let note: NoteID
    package let next: NextQuestion
    package let extent: Extent

    package enum Extent: Sendable {
        /// Its words in their order.
        case verbatim
        /// Most of its words, and little besides.
        case whole
        /// Most of its words, among others.
        case part
    }

    package init(note: NoteID, next: NextQuestion, extent: Extent) {
        self.note = note
        self.next = next
        self.extent = extent
    }

    /// It is all that was asked.
    package var isWhole: Bool { extent != .part }
}

/// The follow-ups of all notes, by their words. Any number of threads may ask.
struct NextQuestionBook: Sendable {
    private struct Entry {
        let note: NoteID
        let next: NextQuestion
        let stems: Set<[UInt8]>
        /// Those of `stems` that the note's own question does not have: a question without them asks for the note alone.
        let own: Set<[UInt8]>
    }

    private let entries: [Entry]
    private let byText: [String: [Int]]
    private let byNote: [NoteID: [Int]]
    private let vocabulary: Vocabulary

    /// Shares of words, by weight: of the follow-up's that the question has, and of the question's that the follow-up has.
    private static let leastCovered = 0.75
    private static let leastCoveredOfWhole = 0.6
    /// Notes whose follow-ups are compared by their words, and how far the second one's score may be behind.
    private static let comparedCount = 2
    private static let mostBehind = 0.1

    init(_ corpus: Corpus, _ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        entries = corpus.notes.flatMap { note in
            let known = vocabulary.stems(of: note.question)
            return note.nextQuestions.filter { !$0.answer.isEmpty }.map { next in
                let stems = vocabulary.stems(of: next.question)
                return Entry(note: note.id, next: next, stems: stems, own: stems.subtracting(known))
            }
        }
        byText = Dictionary(grouping: entries.indices) { [entries] in Self.key(entries[$0].next.question) }
        byNote = Dictionary(grouping: entries.indices) { [entries] in entries[$0].note }
    }

    /// - Parameters:
    ///   - question: as it was understood, without what was asked before.
    ///   - typed: the same with its courtesy ("can you …"), which a note's follow-up may have too.
    ///   - found: notes, best first.
    ///   - quoted: by the answer before, best first.
    func match(_ question: String, typed: String, found: [NoteCandidate], quoted: [NoteID]) -> AskedNext? {
        let rank = Dictionary(found.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        // Word for word: of a note that was just shown, found again or not, or else of the one that was found first.
        let same = (byText[Self.key(typed)] ?? byText[Self.key(question)] ?? []).filter {
            rank[entries[$0].note] != nil || quoted.contains(entries[$0].note)
        }
        func order(_ place: Int) -> (Int, Int) {
            let note = entries[place].note
            return (quoted.firstIndex(of: note) ?? quoted.count, rank[note] ?? found.count)
        }
        if let place = same.min(by: { order($0) < order($1) }) {
            return AskedNext(note: entries[place].note, next: entries[place].next, extent: .verbatim)
        }
        return alike(question, found)
    }

    /// The follow-up of the leading notes that has most words in common with the question.
    private func alike(_ question: String, _ found: [NoteCandidate]) -> AskedNext? {
        let asked = vocabulary.stems(of: question)
        let askedWeight = vocabulary.weight(ofAll: asked)
        guard let best = found.first, askedWeight > 0 else { return nil }
        var matched: (entry: Entry, covered: Double, back: Double)?
        for candidate in found.prefix(Self.comparedCount) where candidate.score >= best.score - Self.mostBehind {
            for entry in (byNote[candidate.id] ?? []).map({ entries[$0] }) {
                let shared = asked.intersection(entry.stems)
                guard !shared.isDisjoint(with: entry.own) else { continue }
                let weight = vocabulary.weight(ofAll: shared)
                let covered = weight / vocabulary.weight(ofAll: entry.stems)
                guard covered >= Self.leastCovered, covered > matched?.covered ?? 0 else { continue }
                matched = (entry, covered, weight / askedWeight)
            }
        }
        return matched.map {
            AskedNext(
                note: $0.entry.note, next: $0.entry.next, extent: $0.back >= Self.leastCoveredOfWhole ? .whole : .part)
        }
    }

    /// Letters and digits alone.
    private static func key(_ text: String) -> String {
        String(
            text.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil })
    }
}
