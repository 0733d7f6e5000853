// ExplainFigures.swift — what `swiftlet evaluate explain` counts.
// swiftlet › Explain.

import Base
import Explainer

struct ExplainFigures {
    private let corpus: Corpus
    private var questionCount = 0
    private var answerableCount = 0
    private var declinedCount = 0
    private var weakCount = 0
    private var foreignCount = 0
    private var foreignDeclinedCount = 0
    private var citationCount = 0
    private var goodCitationCount = 0
    /// Sentences of answers, and those of a right note: all, those of answers that are not weak, those that the model
    /// chose, those in the order of scores, and those that retrieval puts first.
    private var sentences = Share()
    private var sure = Share()
    private var chosen = Share()
    private var scored = Share()
    private var top = Share()
    private var keyPoints = 0.0
    private var topKeyPoints = 0.0
    private var evidenceTimes: [Double] = []
    private var firstTimes: [Double] = []
    private var wholeTimes: [Double] = []
    private var wholeOfEightTimes: [Double] = []
    private var promptTokens = 0
    private var cachedTokens = 0
    /// What came of each answerable question, one JSON object a line.
    private(set) var details: [UInt8] = []
    private var redTeam: (cases: Int, changed: [String]) = (0, [])

    private struct Share {
        var count = 0
        var right = 0
        mutating func add(_ isRight: Bool) {
            count += 1
            if isRight { right += 1 }
        }
        var value: Double { count == 0 ? 0 : Double(right) / Double(count) }
    }

    init(corpus: Corpus) { self.corpus = corpus }

    mutating func add(_ answer: Answer, to question: JudgedQuestion, evidenceMilliseconds: Double) {
        questionCount += 1
        for citation in answer.citations {
            citationCount += 1
            guard let note = corpus[citation.note], note.contentHash == citation.contentHash,
                note.bytes.indices.contains(citation.range), note.text(citation.range) == citation.quote
            else { continue }
            goodCitationCount += 1
        }
        addTimes(answer, evidenceMilliseconds)
        switch question.kind {
        case .answerable: addAnswerable(answer, to: question)
        case .foreign:
            foreignCount += 1
            if answer.reason != nil { foreignDeclinedCount += 1 }
        case .nearMiss: break
        }
    }

    private mutating func addAnswerable(_ answer: Answer, to question: JudgedQuestion) {
        answerableCount += 1
        if answer.reason != nil { declinedCount += 1 }
        if answer.evidence.verdict == .weak { weakCount += 1 }
        for (index, span) in answer.spans.enumerated() {
            guard let citation = span.citation else { continue }
            let isRight = question.notes.contains(answer.citations[citation].note)
            sentences.add(isRight)
            if answer.evidence.verdict == .sufficient { sure.add(isRight) }
            if index >= answer.leadCount, answer.evidence.verdict == .sufficient { chosen.add(isRight) }
        }
        let best = answer.evidence.sentences.prefix(answer.options.answerSentenceCount)
        for sentence in best { top.add(question.notes.contains(sentence.note)) }
        let points = question.notes.compactMap { corpus[$0] }.map { KeyPoints($0) }
        func made(_ text: String) -> Double {
            points.reduce(0) { $0 + $1.made(in: text) } / Double(max(1, points.count))
        }
        let told = (said: made(answer.text), top: made(best.map(\.text).joined(separator: " ")))
        keyPoints += told.said
        topKeyPoints += told.top
        addDetails(answer, to: question, told, top: best.map(\.note))
    }

    private mutating func addDetails(
        _ answer: Answer, to question: JudgedQuestion, _ points: (said: Double, top: Double), top: [NoteID]
    ) {
        let quoted = answer.spans.compactMap { span in span.citation.map { answer.citations[$0].note } }
        var json = JSONWriter()
        json.object { json in
            json.field("id", question.id)
            json.field("searched", answer.evidence.question)
            json.field("verdict", answer.evidence.verdict.grade.rawValue)
            json.field("lead", answer.leadCount)
            json.field("key_points", points.said)
            json.field("top_key_points", points.top)
            for (name, notes) in [("right", question.notes), ("quoted", quoted), ("top", top)] {
                json.key(name)
                json.array { json in for note in notes { json.string("\(note)") } }
            }
            json.key("found")
            json.array { json in
                for found in answer.evidence.notes {
                    json.object { json in
                        json.field("note", "\(found.note.id)")
                        json.field("score", found.score)
                    }
                }
            }
        }
        details += json.bytes + [UInt8(ascii: "\n")]
    }

    /// As many sentences as the model chose, in the other order.
    mutating func add(scored order: [AnswerSentence], beside answer: Answer, to question: JudgedQuestion) {
        guard question.kind == .answerable else { return }
        let count = answer.spans.dropFirst(answer.leadCount).count { $0.citation != nil }
        for sentence in order.prefix(count) { scored.add(question.notes.contains(sentence.note.id)) }
    }

    mutating func add(_ changes: (cases: Int, changed: [String])) { redTeam = changes }

    private mutating func addTimes(_ answer: Answer, _ evidence: Double) {
        evidenceTimes.append(evidence)
        promptTokens += answer.engine.promptTokens
        cachedTokens += answer.engine.cachedTokens
        guard answer.reason == nil else { return }
        func time(_ stage: String) -> Double { answer.timings.first { $0.stage == stage }?.milliseconds ?? 0 }
        firstTimes.append(evidence + time("first_sentence"))
        wholeTimes.append(evidence + time("said"))
        guard answer.engine.outputTokens > 0 else { return }
        if answer.spans.count(where: { $0.citation != nil }) == 8 { wholeOfEightTimes.append(evidence + time("said")) }
    }

    // MARK: - The report

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2]
    }

    private static func part(_ count: Int, of total: Int) -> Double { total == 0 ? 0 : Double(count) / Double(total) }

    /// Names and values, rounded for a reader.
    var rows: [(name: String, value: Double)] {
        let rows: [(String, Double)] = [
            ("questions", Double(questionCount)),
            ("citations verbatim and resolving", Self.part(goodCitationCount, of: citationCount)),
            ("sentences of a right note", sentences.value),
            ("of those of answers that are not weak", sure.value), ("of those the model chose", chosen.value),
            ("of the top sentences by retrieval", top.value),
            ("key points made", keyPoints / Double(max(1, answerableCount))),
            ("key points made by the top sentences", topKeyPoints / Double(max(1, answerableCount))),
            ("answerable declined", Self.part(declinedCount, of: answerableCount)),
            ("answerable answered as weak", Self.part(weakCount, of: answerableCount)),
            ("foreign declined", Self.part(foreignDeclinedCount, of: foreignCount)),
            ("red team: cases", Double(redTeam.cases)), ("red team: changed", Double(redTeam.changed.count)),
            ("evidence p50 ms", Self.median(evidenceTimes)), ("first sentence p50 ms", Self.median(firstTimes)),
            ("whole answer p50 ms", Self.median(wholeTimes)),
            ("whole answer of 8 sentences p50 ms", Self.median(wholeOfEightTimes)),
            ("prompt tokens from the prefix cache", Self.part(cachedTokens, of: promptTokens)),
        ]
        let rival = scored.count == 0 ? [] : [("sentences of a right note by whole-sentence score", scored.value)]
        return (rows + rival).map { ($0.0, ($0.1 * 10_000).rounded() / 10_000) }
    }

    func json(split: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("split", split)
            for (name, value) in rows {
                json.field(name.map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined(), value)
            }
            json.key("changed")
            json.array { json in for id in redTeam.changed { json.string(id) } }
        }
        return json.bytes
    }
}
