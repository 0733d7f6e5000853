// AnswerFixtures.swift — made-up notes, evidence and a tokenizer of bytes.

import Base
import Engine
import Explainer
import Tokenization

enum AnswerFixtures {
    /// A note whose short answer and explanation are these sentences.
    static func note(
        _ id: String, short: [String], explanation: [String], seeAlso: String = "topic/other",
        code: String = "[]", kind: Note.Kind = .concept
    ) throws -> Note {
        let topic = id.split(separator: "/")[0]
        let text = """
            ---
            id: \(id)
            question: What does the note \(id) say?
            also_asked:
              - one
              - two
              - three
            asked_plainly:
              - four
              - five
              - six
            topic: \(topic)
            level: senior
            kind: \(kind)
            prerequisites: []
            see_also: [\(seeAlso)]
            sources:
              - Nobody. "Nothing", 2020
            code: \(code)
            arithmetic: []
            ---
            ## Short answer
            \(short.joined(separator: " "))

            ## Explanation
            \(explanation.joined(separator: " "))

            ## What interviewers probe
            Whether the reader looks at \(id).

            ## Common mistakes
            Looking elsewhere is a mistake.

            ## Follow-ups
            - *What comes next?* Nothing comes next.
            - *Who asks?* Nobody asks.

            """
        return try NoteParser.parse(Array(text.utf8), path: "\(id).md")
    }

    /// All sentences of the first two sections, the first note's first.
    /// - Parameter gap: how far each note's score is behind the one before it.
    static func evidence(
        _ notes: [Note], question: String = "What is said?", verdict: EvidenceVerdict = .sufficient,
        gap: Double = 0.5, partLeaders: Set<NoteID> = [], next: AskedNext? = nil, details: [Range<Int>] = [],
        asksForCode: Bool = false, table: Range<Int>? = nil
    ) -> Evidence {
        var sentences: [EvidenceSentence] = []
        for note in notes {
            for heading in [Note.Heading.shortAnswer, .explanation] {
                for range in Sentences.ranges(note.bytes, in: note[heading].range) {
                    sentences.append(
                        EvidenceSentence(
                            note: note.id, heading: heading, range: range, text: note.text(range),
                            score: Double(100 - sentences.count)))
                }
            }
        }
        return Evidence(
            question: question, verdict: verdict, confidence: 0.75,
            notes: notes.enumerated().map {
                EvidenceNote(note: $1, score: 1 - Double($0) * gap, bm25: 2, cosine: 0.5, rerank: nil)
            },
            partLeaders: partLeaders, askedNext: next, details: details, asksForCode: asksForCode, table: table,
            sentences: verdict == .sufficient || verdict == .weak ? sentences : [], timings: [("search", 1.5)])
    }

    static func model(maxLength: Int = 4000) -> AnswerModel {
        AnswerModel(
            codec: ByteAnswerCodec(),
            limits: EngineLimits(
                maxModelLength: maxLength, vocabularySize: 257, maxWaitingCount: 8, tokensPerBlock: 16,
                blockCount: 1000, kvCacheBytes: 1))
    }

    static func two() throws -> [Note] {
        [
            try note(
                "b/best", short: ["Alpha is first.", "Beta is second."],
                explanation: ["Gamma explains it.", "Delta goes\ninto detail.", "Alpha holds 42 blocks."]),
            try note("a/other", short: ["Other notes differ."], explanation: ["More details differ too."]),
        ]
    }
}

/// A token is a byte; 256 ends.
struct ByteAnswerCodec: AnswerCodec {
    static let end = TokenID(256)
    var endOfSequence: [TokenID] { [Self.end] }

    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] {
        let texts = messages.map { message -> String in
            let values = message.fields.map { field -> String in
                if case .string(let text) = field.value { text } else { "" }
            }
            return values.joined(separator: ":") + "\n"
        }
        return encodeAnswer(Array(texts.joined().utf8))
    }

    func encodeAnswer(_ text: [UInt8]) -> [TokenID] { text.map { TokenID(Int($0)) } }
    func spelling(of token: TokenID) -> [UInt8] { token.index < 256 ? [UInt8(token.index)] : [] }
}
