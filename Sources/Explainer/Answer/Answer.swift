// Answer.swift — everything that is said to a question.
// Explainer › Answer.

/// An answer and what it rests on.
package struct Answer: Sendable {
    package var id: String
    package let evidence: Evidence
    package let options: AnswerOptions
    /// Short answer and explanation, in order: their texts together are the answer.
    package internal(set) var spans: [AnswerSpan] = []
    /// How many of `spans` are the short answer, and how many are said without asking the model: these, and perhaps more.
    package internal(set) var shortAnswerCount = 0
    package internal(set) var leadCount = 0
    package internal(set) var sections: [AnswerSection] = []
    package internal(set) var citations: [Citation] = []
    package internal(set) var related: [Note] = []
    package internal(set) var code: [CodePlace] = []
    package internal(set) var engine = EngineAccount()
    /// Name and milliseconds of each stage, in order.
    package var timings: [(stage: String, milliseconds: Double)] = []

    package init(id: String, _ evidence: Evidence, _ options: AnswerOptions) {
        self.id = id
        self.evidence = evidence
        self.options = options
        timings = evidence.timings
    }

    /// Notes whose sentences the answer quotes, in the order they come: what the next turn of a conversation is told.
    package var quotedNotes: [NoteID] {
        var notes: [NoteID] = []
        for citation in spans.compactMap(\.citation) where !notes.contains(citations[citation].note) {
            notes.append(citations[citation].note)
        }
        return notes
    }

    package var text: String { spans.map(\.text).joined() }

    /// Why nothing is answered, if so.
    package var reason: String? {
        if case .declined(let reason) = evidence.verdict { reason } else { nil }
    }
}

/// Sentences of one of the best note's sections, or a program or a table: then one span of many lines.
package struct AnswerSection: Sendable, Equatable {
    /// The names of sections that are a program, and a table in Markdown.
    package static let (listing, table) = ("listing", "table")

    package let name: String
    package let title: String
    package let spans: [AnswerSpan]
}

/// How the engine made an answer.
package struct EngineAccount: Sendable, Equatable {
    package var promptTokens = 0
    /// Prompt tokens that came from the prefix cache.
    package var cachedTokens = 0
    package var outputTokens = 0
    /// Blocks of the KV cache that the request filled, and those among them that it shared.
    package var blocks = 0
    package var sharedBlocks = 0
    package var drafted = 0
    package var accepted = 0
    /// Output tokens that the constraint left no choice about.
    package var forced = 0

    package init() {}
}
