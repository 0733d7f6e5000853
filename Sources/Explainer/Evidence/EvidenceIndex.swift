// EvidenceIndex.swift — the three views of the notes that are searched for evidence.
// Explainer › Evidence.  A question resembles another question more than it resembles an answer, and a note as a
// whole more than any part of it: each view finds what the others miss.

package import Retrieval

package struct EvidenceIndex: Sendable {
    /// The notes cut into chunks, as /v1/search has them.
    package let sections: Snapshot
    /// A chunk for each way to ask each note's question: `question`, `also_asked`, `asked_plainly`.
    package let wordings: Snapshot
    /// A chunk a note, words only.
    package let wholes: Snapshot
    /// `OtherQuestions`, a chunk each: what a question resembles if the notes do not answer it.
    package let others: Snapshot

    package init(sections: Snapshot, wordings: Snapshot, wholes: Snapshot, others: Snapshot) {
        self.sections = sections
        self.wordings = wordings
        self.wholes = wholes
        self.others = others
    }

    /// Whether meaning is searched, too; words alone are otherwise.
    package var hasVectors: Bool { [sections, wordings, others].allSatisfy { $0.dimension != nil } }
}

extension Corpus {
    /// The chunks of `EvidenceIndex.wordings`, one a document: the note's id, `#`, a number.
    package var wordings: [SourceDocument] {
        notes.flatMap { note in
            note.wordings.enumerated().map { number, wording in
                SourceDocument(
                    id: "\(note.id)#\(number)", bytes: Array(wording.utf8),
                    fields: [Field("id", .keywords([note.id.description]))])
            }
        }
    }

    /// The chunks of `EvidenceIndex.wholes`.
    package var wholes: [Chunk] {
        notes.map { note in
            Chunk(
                documentID: note.id.description, title: note.question, text: note.searchedText,
                fields: [Field("id", .keywords([note.id.description]))])
        }
    }
}

extension Note {
    /// All the ways to ask its question, the plain ones last.
    package var wordings: [String] { [question] + alsoAsked + askedPlainly }

    /// Everything of the note that is searched but its question and its names, whose words would count many times.
    package var searchedText: String {
        (alsoAsked + sections.map { text($0.range) }).joined(separator: "\n")
    }
}
