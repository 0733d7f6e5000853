// SentenceBook.swift — the sentences of each note that may be quoted, cut and analyzed once.
// Explainer › Evidence.

internal import Synchronization

/// Any number of threads may ask. What was asked for once is kept: as much as there are notes.
final class SentenceBook: Sendable {
    struct Entry: Sendable {
        let heading: Note.Heading
        /// UTF-8 offsets in the note's file.
        let range: Range<Int>
        let text: String
        let stems: Set<[UInt8]>
    }

    private let corpus: Corpus
    private let vocabulary: Vocabulary
    private let known = Mutex<[NoteID: [Entry]]>([:])

    init(_ corpus: Corpus, _ vocabulary: Vocabulary) {
        self.corpus = corpus
        self.vocabulary = vocabulary
    }

    /// In the order of the file.
    func sentences(of id: NoteID) -> [Entry] {
        if let entries = known.withLock({ $0[id] }) { return entries }
        guard let note = corpus[id] else { return [] }
        let entries = note.sections.filter { SentenceSelection.prior($0.heading) > 0 }.flatMap { section in
            Sentences.ranges(note.bytes, in: section.range).compactMap { range -> Entry? in
                let text = note.text(range)
                guard Self.isStatement(text), !Sentences.isHead(note.bytes[range]) else { return nil }
                return Entry(heading: section.heading, range: range, text: text, stems: vocabulary.stems(of: text))
            }
        }
        known.withLock { $0[id] = entries }
        return entries
    }

    func stems(of text: String) -> Set<[UInt8]> { vocabulary.stems(of: text) }

    /// A question answers nothing.
    private static func isStatement(_ text: String) -> Bool {
        let plain = text.utf8.reversed().drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "\"") }
        return plain.first != UInt8(ascii: "?") && text.utf8.count > 20
    }
}
