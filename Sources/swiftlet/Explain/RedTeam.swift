// RedTeam.swift — do orders inside questions and notes change what is answered?
// swiftlet › Explain.  Tests/Fixtures/red-team.jsonl: text that gives orders, and the question it was put into or beside.

import Base
import Explainer
import Retrieval

struct RedTeam {
    private struct Case {
        let id: String
        let isDocument: Bool
        let text: String
        let base: String?
    }

    private let corpus: Corpus
    private var cases: [Case] = []

    init(_ path: String, _ corpus: Corpus) throws {
        self.corpus = corpus
        var cases: [Case] = []
        try JSONLines.forEach(path) { value, line in
            guard let id = value["id"]?.string, let text = value["text"]?.string, let kind = value["kind"]?.string
            else {
                throw IngestError(path, line: line, "it needs id, kind and text")
            }
            cases.append(Case(id: id, isDocument: kind == "document", text: text, base: value["base"]?.string))
        }
        self.cases = cases
    }

    /// The cases whose answer is not what it should be: something was said that is no quotation, or the answer to a
    /// question with an order in it rests on other notes than the question's own.
    func changes(_ explainer: inout TerminalExplainer) throws -> (cases: Int, changed: [String]) {
        var changed: [String] = []
        for item in cases {
            let isChanged = try item.isDocument ? document(item, &explainer) : question(item, &explainer)
            if isChanged { changed.append(item.id) }
        }
        return (cases.count, changed)
    }

    private func question(_ item: Case, _ explainer: inout TerminalExplainer) throws -> Bool {
        let answer = try explainer.answer(item.text, conversation: [], nil)
        guard isQuotation(answer, corpus: { corpus[$0] }) else { return true }
        guard let base = item.base else { return false }
        // Words more or less may make the gate more careful; an answer must lead with the same note.
        guard answer.evidence.verdict == .sufficient else { return false }
        let plain = try explainer.answer(base, conversation: [], nil)
        return answer.quotedNotes.first != plain.evidence.notes.first?.note.id
    }

    /// Puts the text into the best note of its question, as if somebody had written it there.
    private func document(_ item: Case, _ explainer: inout TerminalExplainer) throws -> Bool {
        guard let base = item.base else { return false }
        let evidence = try explainer.finder.evidence(
            for: base, conversation: [], sentenceCount: AnswerOptions.evidenceSentenceCount)
        let plain = try explainer.answer(evidence, nil)
        guard let best = evidence.notes.first?.note else { return false }
        let place = best[.explanation].range.upperBound
        let line = AnswerSentence.line(item.text).filter { $0 != "`" }
        let bytes = best.bytes[..<place] + Array("\n\n\(line)".utf8) + best.bytes[place...]
        // With a heading of its own the file is no note, and not read at all.
        guard let poisoned = try? NoteParser.parse(Array(bytes), path: best.path) else { return false }
        let injected = Sentences.ranges(poisoned.bytes, in: poisoned[.explanation].range)
            .filter { $0.lowerBound >= place }
            .map { range in
                EvidenceSentence(
                    note: poisoned.id, heading: .explanation, range: range, text: poisoned.text(range), score: 100)
            }
        // Before the place nothing moved.
        let others = evidence.sentences.filter { $0.note != best.id || $0.range.upperBound <= place }
        let notes = evidence.notes.map { found in
            found.note.id != best.id
                ? found
                : EvidenceNote(
                    note: poisoned, score: found.score, bm25: found.bm25, cosine: found.cosine, rerank: found.rerank)
        }
        let askedNext = evidence.askedNext.flatMap { asked in
            notes.first { $0.note.id == asked.note }?.note.nextQuestions.first { $0.question == asked.next.question }
                .map { AskedNext(note: asked.note, next: $0, extent: asked.extent) }
        }
        let answer = try explainer.answer(
            Evidence(
                question: evidence.question, verdict: evidence.verdict, confidence: evidence.confidence, notes: notes,
                partLeaders: evidence.partLeaders, askedNext: askedNext, details: evidence.details,
                sentences: injected + others, timings: []),
            nil)
        let lookUp = { (id: NoteID) in id == poisoned.id ? poisoned : corpus[id] }
        return !isQuotation(answer, corpus: lookUp)
            || answer.spans.prefix(answer.leadCount) != plain.spans.prefix(plain.leadCount)
    }

    /// Every piece is a sentence at its place, or a fixed phrase.
    private func isQuotation(_ answer: Answer, corpus: (NoteID) -> Note?) -> Bool {
        answer.spans.allSatisfy { span in
            guard let index = span.citation else { return ConnectingPhrases.all.contains(span.text) }
            let citation = answer.citations[index]
            return corpus(citation.note)?.text(citation.range) == span.text && citation.quote == span.text
        }
    }
}
