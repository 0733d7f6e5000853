// FeatureReader.swift — from a question and the notes found to the gate's numbers.
// Explainer › Gate.

internal import Glibc
internal import Retrieval

/// What of the notes is asked about again for every question, prepared once.
struct FeatureReader: Sendable {
    private struct NoteStems {
        let whole: Set<[UInt8]>
        /// Of the ways to ask it.
        let title: Set<[UInt8]>
        let shortAnswer: Set<[UInt8]>
    }

    /// Of the question as it is searched, and of what was typed.
    struct Vectors {
        let text: [Float]
        let own: [Float]
    }

    private let vocabulary: Vocabulary
    private let notes: [NoteID: NoteStems]
    private let odds: WordOdds

    init(_ corpus: Corpus, others: OtherQuestions, _ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        notes = Dictionary(
            uniqueKeysWithValues: corpus.notes.map { note in
                let title = vocabulary.stems(of: note.wordings.joined(separator: "\n"))
                let stems = NoteStems(
                    whole: vocabulary.stems(of: note.question + "\n" + note.searchedText), title: title,
                    shortAnswer: vocabulary.stems(of: note.text(.shortAnswer)))
                return (note.id, stems)
            })
        let own = corpus.notes.flatMap(\.wordings)
        let everyday = others.questions.filter { $0.kind == .everyday }
        odds = WordOdds(
            own: own.lazy.map { vocabulary.stems(of: $0) },
            others: everyday.lazy.map { vocabulary.stems(of: $0.text) })
    }

    /// - Parameters:
    ///   - result: the search for the whole question.
    ///   - candidates: the notes in their last order.
    ///   - vectors: nil compares words alone.
    ///   - asked: the number of the question among those of others, if it is one of them.
    func features(
        _ question: UnderstoodQuestion, _ result: NoteSearch.Result, _ candidates: [NoteCandidate],
        in index: EvidenceIndex, filter: Filter, vectors: Vectors?, asked: OtherQuestions.Place?
    ) throws -> EvidenceFeatures {
        guard let first = candidates.first else { return .none }
        func near(_ list: Snapshot, _ filter: Filter, own: Bool) throws -> Neighborhood {
            try Neighborhood(
                of: own ? question.own : question.allSearches[question.wholePlace],
                vector: own ? vectors?.own : vectors?.text, in: list, filter: filter, leftOut: asked?.document)
        }
        func others(_ kind: OtherQuestions.Kind) -> Filter { .equal("kind", .keywords([kind.rawValue])) }
        let isOne = !question.leansBack
        let field = try near(index.wordings, filter, own: false)
        let ownField = isOne ? field : try near(index.wordings, filter, own: true)
        // What is asked now may be foreign although what was asked before is not.
        let everyday = try near(index.others, others(.everyday), own: true)
        let neighboring = try near(index.others, others(.neighboring), own: false)
        return EvidenceFeatures(
            standing(first, candidates, result)
                + words(question, candidates.prefix(3), isOther: asked != nil)
                + [
                    field.around, max(field.nearest, candidates.map(\.sectionCosine).max() ?? 0) - everyday.nearest,
                    field.nearest - neighboring.nearest, field.around - everyday.around,
                    field.around - neighboring.around, ownField.nearest - everyday.nearest,
                    ownField.around - everyday.around, everyday.share, neighboring.share,
                    log(1 + Double(vocabulary.stems(of: question.own).count)) / 4, isOne ? 0 : 1,
                ])
    }

    /// How the first note stands among the others.
    private func standing(
        _ first: NoteCandidate, _ candidates: [NoteCandidate], _ result: NoteSearch.Result
    ) -> [Double] {
        func share(_ score: Double, _ ceiling: Double) -> Double { ceiling > 0 ? score / ceiling : 0 }
        func gap(_ score: (NoteCandidate) -> Double) -> Double {
            score(first) - (candidates.dropFirst().map(score).max() ?? 0)
        }
        let head = candidates.prefix(3)
        let ordered = candidates.map(\.wordingCosine).sorted(by: >)
        let bestByText = candidates.max { $0.sectionCosine + $0.wholeBM25 < $1.sectionCosine + $1.wholeBM25 }
        return [
            first.wordingCosine, first.sectionCosine,
            share(head.map(\.wordingBM25).max() ?? 0, result.wordingCeiling),
            share(head.map(\.wholeBM25).max() ?? 0, result.wholeCeiling),
            first.score - (candidates.count > 1 ? candidates[1].score : 0),
            (ordered.first ?? 0) - (ordered.count > 4 ? ordered[4] : 0), bestByText?.id == first.id ? 1 : 0,
            gap(\.wordingNearness), gap(\.sectionCosine), share(gap(\.wholeBM25), result.wholeCeiling),
        ]
    }

    /// Shares of the weight of what was asked for.
    private func words(
        _ question: UnderstoodQuestion, _ head: ArraySlice<NoteCandidate>, isOther: Bool
    ) -> [Double] {
        let (asked, own) = (vocabulary.stems(of: question.text), vocabulary.stems(of: question.own))
        func share(_ part: Set<[UInt8]>, of whole: Set<[UInt8]>) -> Double {
            let total = vocabulary.weight(ofAll: whole)
            return total > 0 ? vocabulary.weight(ofAll: whole.intersection(part)) / total : 0
        }
        func best(_ whole: Set<[UInt8]>) -> Double {
            head.map { share(notes[$0.id]?.whole ?? [], of: whole) }.max() ?? 0
        }
        let first = head.first.flatMap { notes[$0.id] }
        let missing = asked.subtracting(first?.whole ?? []).map { vocabulary.weight(of: $0) }.max() ?? 0
        return [
            best(asked), best(own), share(first?.whole ?? [], of: asked), share(first?.title ?? [], of: asked),
            share(first?.shortAnswer ?? [], of: asked), missing / vocabulary.largestWeight,
            share(own.filter { vocabulary.has($0) }, of: own), odds.score(own, isOther: isOther),
        ]
    }
}
