// EvidenceFeatures.swift — what the gate looks at: raw scores, because fused ones hide that nothing was found.
// Explainer › Gate.

/// Numbers that say how well the notes found fit the question; about 0…1 each.
package struct EvidenceFeatures: Sendable {
    package static let names = [
        "wording_cosine", "section_cosine", "wording_share", "whole_share", "coverage", "own_coverage", "margin",
        "lead", "agreement", "everyday_margin", "neighboring_margin", "everyday_share", "neighboring_share",
    ]
    package let values: [Double]

    /// - Parameters:
    ///   - result: the search for the whole question.
    ///   - candidates: the notes in their last order.
    ///   - stems: of a note, all of them.
    init(
        _ question: UnderstoodQuestion, _ result: NoteSearch.Result, _ candidates: [NoteCandidate],
        everyday: OtherMatch, neighboring: OtherMatch, vocabulary: Vocabulary, stems: (NoteID) -> Set<[UInt8]>
    ) {
        guard let first = candidates.first else {
            values = Self.names.map { _ in 0 }
            return
        }
        let head = candidates.prefix(3)
        func share(_ score: Double, _ ceiling: Double) -> Double { ceiling > 0 ? score / ceiling : 0 }
        func coverage(_ text: String) -> Double {
            let asked = vocabulary.stems(of: text)
            let total = vocabulary.weight(ofAll: asked)
            guard total > 0 else { return 0 }
            return head.map { candidate in
                vocabulary.weight(ofAll: asked.intersection(stems(candidate.id))) / total
            }.max() ?? 0
        }
        let wordings = candidates.map(\.wordingCosine).sorted(by: >)
        let bestByText = candidates.max { $0.sectionCosine + $0.wholeBM25 < $1.sectionCosine + $1.wholeBM25 }
        let nearest = max(wordings.first ?? 0, candidates.map(\.sectionCosine).max() ?? 0)
        values = [
            first.wordingCosine, first.sectionCosine,
            share(head.map(\.wordingBM25).max() ?? 0, result.wordingCeiling),
            share(head.map(\.wholeBM25).max() ?? 0, result.wholeCeiling),
            coverage(question.text), coverage(question.own),
            first.score - (candidates.count > 1 ? candidates[1].score : 0),
            (wordings.first ?? 0) - (wordings.count > 4 ? wordings[4] : 0),
            bestByText?.id == first.id ? 1 : 0,
            nearest - everyday.cosine, nearest - neighboring.cosine, everyday.share, neighboring.share,
        ]
    }
}

/// How near a question is to what the notes do not answer.
struct OtherMatch {
    /// The nearest one's; 0 without vectors.
    let cosine: Double
    /// The best BM25 score beside the highest that it could be.
    let share: Double
}
