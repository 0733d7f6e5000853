// FoundNotes.swift — evidence by plain search: the notes of the best chunks, and their sentences by words in common.
// swiftlet › Loading.

import Base
import Explainer
import Retrieval

struct FoundNotes: EvidenceFinding {
    let retriever: Retriever
    let snapshot: @Sendable () throws -> Snapshot
    let corpus: Corpus

    func evidence(for question: String, conversation: [ConversationTurn], sentenceCount: Int) throws -> Evidence {
        let start = MonotonicTime().nanoseconds()
        var request = SearchRequest(question)
        request.count = 20
        let result = try retriever.search(request, in: snapshot())
        var notes: [EvidenceNote] = []
        for hit in result.hits {
            guard let id = NoteID(hit.chunk.documentID.split(separator: ".")[0]), let note = corpus[id],
                !notes.contains(where: { $0.note.id == id })
            else { continue }
            notes.append(
                EvidenceNote(note: note, score: hit.score, bm25: hit.bm25, cosine: hit.cosine, rerank: hit.rerank))
        }
        notes = Array(notes.prefix(4))
        let analyzer = Analyzer()
        func terms(_ text: String) -> Set<String> {
            Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count > 3 })
        }
        _ = analyzer
        let asked = terms(question)
        var sentences: [EvidenceSentence] = []
        for (place, found) in notes.enumerated() {
            for heading in Note.Heading.allCases {
                for range in Sentences.ranges(found.note.bytes, in: found.note[heading].range) {
                    let text = found.note.text(range)
                    let score =
                        Double(asked.intersection(terms(text)).count) + 2 / Double(place + 1)
                        + (heading == .shortAnswer ? 1 : heading == .explanation ? 0.5 : 0)
                    sentences.append(
                        EvidenceSentence(
                            note: found.note.id, heading: heading, range: range, text: text, score: score))
                }
            }
        }
        sentences.sort { $0.score > $1.score }
        let milliseconds = Double(MonotonicTime().nanoseconds() - start) / 1e6
        return Evidence(
            question: question, verdict: .sufficient, confidence: 0.5, notes: notes,
            sentences: Array(sentences.prefix(sentenceCount)), timings: [("search", milliseconds)])
    }
}
