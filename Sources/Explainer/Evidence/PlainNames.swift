// PlainNames.swift — the note that a question names and does no more: "What is RAG?", "explain RAG", "rag".
// Explainer › Evidence.

/// What notes are called: the words of the note's own question and of each plain way to ask it, but for those that ask what
/// something is, or how two things differ.
///
/// Every note near a subject says its name often; by their words alone the note on GraphRAG was first for "What is RAG?".
struct PlainNames: Sendable {
    /// Of a text: stems, and the words that have none ("when not to use agents" is no name of agents).
    private typealias Name = Set<[UInt8]>

    private let notes: [Name: [NoteID]]
    private let titles: [NoteID: Set<[UInt8]>]
    private let vocabulary: Vocabulary

    init(_ corpus: Corpus, _ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        var notes: [Name: [NoteID]] = [:]
        for note in corpus.notes {
            let names = Set((note.askedPlainly + [note.question]).map { Self.name(in: $0, vocabulary) })
            for name in names where !name.isEmpty { notes[name, default: []].append(note.id) }
        }
        self.notes = notes
        titles = Dictionary(uniqueKeysWithValues: corpus.notes.map { ($0.id, vocabulary.stems(of: $0.question)) })
    }

    /// The best of `found` that is called as the question says.
    func note(named question: String, among found: [NoteCandidate]) -> NoteID? {
        note(named: question, among: found.map(\.id))
    }

    func note(named question: String, among found: [NoteID]) -> NoteID? {
        guard let called = notes[Self.name(in: question, vocabulary)] else { return nil }
        return found.first { called.contains($0) }
    }

    /// The note's own question speaks of each of the texts.
    func isAbout(_ note: NoteID, all texts: [String]) -> Bool {
        guard let title = titles[note] else { return false }
        return texts.allSatisfy { !vocabulary.stems(of: QuestionWords.subject(of: $0)).isDisjoint(with: title) }
    }

    private static func name(in text: String, _ vocabulary: Vocabulary) -> Name {
        var words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "'" }[...]
        if words.starts(with: ["how", "do"]) || words.starts(with: ["how", "does"]), words.last == "work" {
            words = words.dropFirst(2).dropLast()
        }
        return words.reduce(into: []) { name, word in
            guard !definers.contains(String(word)) else { return }
            let stems = vocabulary.stems(of: String(word))
            name.formUnion(stems.isEmpty ? [Array(word.utf8)] : stems)
        }
    }

    private static let definers: Set = [
        "what", "what's", "whats", "is", "are", "does", "mean", "means", "meaning", "of", "a", "an", "the", "explain",
        "explained", "explanation", "overview", "basics", "introduction", "intro", "define", "describe", "tell", "me",
        "about",
        // "the difference between a and b" is "a vs b".
        "difference", "differences", "between", "and", "vs", "versus", "compare",
    ]
}
