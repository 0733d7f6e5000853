// Evidence.swift — what was found for a question: notes, sentences, and whether they are enough.
// Explainer › Evidence.  The eyes hand this to the voice; nothing else passes between them.

/// A sentence of a note, as it stands in the file: what an answer may quote.
package struct EvidenceSentence: Sendable, Equatable {
    package let note: NoteID
    package let heading: Note.Heading
    /// UTF-8 offsets in the note's file.
    package let range: Range<Int>
    /// The bytes at `range`.
    package let text: String
    /// How well it matches the question, higher is better; comparable within one `Evidence` only.
    package let score: Double

    package init(note: NoteID, heading: Note.Heading, range: Range<Int>, text: String, score: Double) {
        self.note = note
        self.heading = heading
        self.range = range
        self.text = text
        self.score = score
    }
}

/// A note that was found, best first, with the score of every stage that led to it.
package struct EvidenceNote: Sendable {
    package let note: Note
    /// Of the fused and reranked order.
    package let score: Double
    package let bm25: Double?
    package let cosine: Double?
    package let rerank: Double?

    /// Whether it is named to somebody whom the notes do not answer: below this cosine, the nearest notes to "my
    /// girlfriend left me" are about management style.
    package var isNear: Bool { cosine ?? 1 >= 0.45 }

    package init(note: Note, score: Double, bm25: Double?, cosine: Double?, rerank: Double?) {
        self.note = note
        self.score = score
        self.bm25 = bm25
        self.cosine = cosine
        self.rerank = rerank
    }
}

/// Everything an answer may rest on.
package struct Evidence: Sendable {
    /// As it was searched: normalised, follow-ups resolved, terms corrected.
    package let question: String
    package let verdict: EvidenceVerdict
    /// 0…1, calibrated on the tuning questions: how often evidence like this holds a right note.
    package let confidence: Double
    /// Best first. With `declined` these are the nearest that are near, to be named and not quoted.
    package let notes: [EvidenceNote]
    /// Of a question that asks two things, or compares them: the best note for each.
    package let partLeaders: Set<NoteID>
    /// What the follow-ups of one of `notes` answer to it.
    package let askedNext: AskedNext?
    /// Sentences of the first note about what the question asks beyond that note's own: UTF-8 offsets in its file.
    package let details: [Range<Int>]
    /// They are about the question's subject, and the short answer is not.
    package let detailsLead: Bool
    /// The question is about the note that the answer before quoted: `details` are all that is left to say.
    package let isContinued: Bool
    /// The answer before led with the first note too: what else it showed of it is not shown again.
    package let isShownAgain: Bool
    /// The question asks for a program.
    package let asksForCode: Bool
    /// A table of the first note, as UTF-8 offsets in its file, if the question asks for what is in it.
    package let table: Range<Int>?
    /// Whole sentences of `notes`, best first and not alike; empty with `declined`.
    package let sentences: [EvidenceSentence]
    /// Name and milliseconds of each stage, in order.
    package let timings: [(stage: String, milliseconds: Double)]
    /// What the reader should know about how this was found, such as that vectors are not ready yet.
    package let warning: String?

    /// The text of `details`.
    package var detailTexts: [String] { notes.first.map { best in details.map { best.note.text($0) } } ?? [] }

    package init(
        question: String, verdict: EvidenceVerdict, confidence: Double, notes: [EvidenceNote],
        partLeaders: Set<NoteID> = [], askedNext: AskedNext? = nil, details: [Range<Int>] = [],
        detailsLead: Bool = false, isContinued: Bool = false, isShownAgain: Bool = false, asksForCode: Bool = false,
        table: Range<Int>? = nil, sentences: [EvidenceSentence],
        timings: [(stage: String, milliseconds: Double)],
        warning: String? = nil
    ) {
        self.question = question
        self.verdict = verdict
        self.confidence = confidence
        self.notes = notes
        self.partLeaders = partLeaders
        self.askedNext = askedNext
        self.details = details
        self.detailsLead = detailsLead
        self.isContinued = isContinued
        self.isShownAgain = isShownAgain
        self.asksForCode = asksForCode
        self.table = table
        self.sentences = sentences
        self.timings = timings
        self.warning = warning
    }
}
