// SentenceSelection.swift — which sentences of the notes found are worth quoting, best first and not alike.
// Explainer › Evidence.  Greedy by score, as in maximal marginal relevance: Carbonell and Goldstein 1998,
// doi:10.1145/290941.291025, with a bound on likeness in place of a trade.

internal import Retrieval

/// What each part of a sentence's score counts; the parts are in 0…1. Measured on the tuning questions.
struct SentenceWeights {
    var note = 3.0
    var overlap = 0.5
    var section = 0.25
    var heading = 0.5
}

struct SentenceSelection {
    let book: SentenceBook
    let vocabulary: Vocabulary
    /// Of the sections that were found.
    let snapshot: Snapshot
    var weights = SentenceWeights()
    /// Two sentences that share more of their words than this say the same.
    static let mostAlike = 0.5
    static let mostNotes = 4

    /// - Parameters:
    ///   - candidates: notes, best first.
    ///   - question: as it was searched.
    func sentences(of candidates: [NoteCandidate], for question: String, count: Int) -> [EvidenceSentence] {
        let asked = vocabulary.stems(of: question)
        let total = vocabulary.weight(ofAll: asked)
        var ranked: [(sentence: EvidenceSentence, stems: Set<[UInt8]>)] = []
        for candidate in candidates.prefix(Self.mostNotes) {
            let sections = found(candidate)
            let best = sections.map(\.cosine).max() ?? 0
            for entry in book.sentences(of: candidate.id) {
                let shared = vocabulary.weight(ofAll: asked.intersection(entry.stems))
                let near = sections.first { $0.range.contains(entry.range.lowerBound) }?.cosine ?? 0
                let score =
                    weights.note * candidate.score + weights.heading * Self.prior(entry.heading)
                    + weights.overlap * (total > 0 ? shared / total : 0)
                    + weights.section * (best > 0 ? max(0, near) / best : 0)
                let sentence = EvidenceSentence(
                    note: candidate.id, heading: entry.heading, range: entry.range, text: entry.text, score: score)
                ranked.append((sentence, entry.stems))
            }
        }
        ranked.sort { left, right in
            let (a, b) = (left.sentence, right.sentence)
            return a.score != b.score
                ? a.score > b.score : (a.note, a.range.lowerBound) < (b.note, b.range.lowerBound)
        }
        var kept: [(sentence: EvidenceSentence, stems: Set<[UInt8]>)] = []
        for entry in ranked where kept.count < count {
            if kept.contains(where: { Self.likeness($0.stems, entry.stems) > Self.mostAlike }) { continue }
            kept.append(entry)
        }
        return kept.map(\.sentence)
    }

    /// Where the chunks that were found lie in the note's file.
    private func found(_ candidate: NoteCandidate) -> [(range: Range<Int>, cosine: Double)] {
        candidate.sections.compactMap { section in
            // A damaged chunk costs its sentences some score, not the answer.
            guard let chunk = try? snapshot.chunk(section.place) else { return nil }
            return (chunk.sourceOffset..<chunk.sourceOffset + chunk.text.utf8.count, section.cosine)
        }
    }

    /// The short answer answers; what interviewers probe is a list of subjects and answers nothing.
    static func prior(_ heading: Note.Heading) -> Double {
        switch heading {
        case .shortAnswer: 1
        case .explanation: 0.5
        case .followUps: 0.25
        case .commonMistakes: 0.2
        case .interviewersProbe: 0
        }
    }

    /// Jaccard's share of common words.
    private static func likeness(_ left: Set<[UInt8]>, _ right: Set<[UInt8]>) -> Double {
        let common = left.intersection(right).count
        return common == 0 ? 0 : Double(common) / Double(left.count + right.count - common)
    }
}
