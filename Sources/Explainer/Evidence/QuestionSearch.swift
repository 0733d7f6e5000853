// QuestionSearch.swift — the searches that a question asks for, made one order of notes.
// Explainer › Evidence.  1. the question and its parts  2. with what was asked before  3. which of the two is meant

internal import Retrieval

/// What was found for a question, with or without the ones before it.
struct QuestionSearch {
    /// Best first.
    let candidates: [NoteCandidate]
    /// The search for the whole of what is meant.
    let whole: NoteSearch.Result
    /// The best note for each part of a question that asks two things.
    let partLeaders: Set<NoteID>

    /// The most that the earlier questions count beside the new one, when it surely leans on them. With .7, .75 and .8 the
    /// right note comes first for .725, .74 and .74 of 200 follow-ups, and for .85, .84 and .82 of changes of the subject.
    static let mostEarlier = 0.75

    /// - Parameters:
    ///   - question: learns whether it leans on what was asked before.
    ///   - quoted: the notes that the answer before quoted, if that is known.
    ///   - results: of each of `allSearches`.
    ///   - names: of the notes.
    init(
        _ question: inout UnderstoodQuestion, quoted: [NoteID], results all: [NoteSearch.Result], names: PlainNames
    ) {
        let results = all.prefix(question.searches.count)
        let own = NoteMerge.merged(results.map(\.candidates))
        let compared = all.dropFirst(results.count).prefix(question.compared.count)
        let leaders = Set(results.dropFirst().compactMap { $0.candidates.first?.id })
            .union(Self.sides(of: question.compared, Array(compared), best: own.first?.id, names))
        guard question.earlier != nil else {
            (candidates, whole, partLeaders) = (own, results[0], leaders)
            return
        }
        let before = all.dropFirst(results.count + compared.count)
        let (joined, last) = (before[before.startIndex], before[before.startIndex + 1])
        func score(_ id: NoteID?, _ candidates: [NoteCandidate]) -> Double {
            candidates.first { $0.id == id }?.score ?? 0
        }
        let leaning = FollowUp.leaning(
            of: question.own, ownInEarlier: score(results[0].candidates.first?.id, last.candidates),
            earlierInOwn: score(quoted.first ?? last.candidates.first?.id, results[0].candidates))
        let share = Self.mostEarlier * leaning
        question.leansBack = leaning > 0.5
        if question.leansBack {
            candidates = NoteMerge.blended(joined.candidates, own, share: 1 - share)
            (whole, partLeaders) = (joined, [])
        } else {
            candidates = NoteMerge.blended(own, joined.candidates, share: share)
            (whole, partLeaders) = (results[0], leaders)
        }
    }

    /// The best notes for the two sides of a comparison. None where the note that was found for it asks about both of them,
    /// or is the best for neither: then it is about the comparison.
    private static func sides(
        of compared: [String], _ results: [NoteSearch.Result], best: NoteID?, _ names: PlainNames
    ) -> Set<NoteID> {
        guard let best, !compared.isEmpty, !names.isAbout(best, all: compared) else { return [] }
        let leaders = zip(compared, results).compactMap { side, result in
            names.note(named: side, among: result.candidates) ?? result.candidates.first?.id
        }
        return leaders.contains(best) ? Set(leaders) : []
    }
}
