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
    /// The best notes for the two sides of a comparison, where one of them is the best for the whole.
    let sides: Set<NoteID>
    /// The note that answered the question before: the first that was quoted, or else found for it.
    let lastShown: NoteID?
    /// What was found for the question without those before it, best first.
    let own: [NoteCandidate]

    /// The most that the earlier questions count beside the new one, when it surely leans on them. With .7, .75 and .8 the
    /// right note comes first for .725, .74 and .74 of 200 follow-ups, and for .85, .84 and .82 of changes of the subject.
    static let mostEarlier = 0.75

    /// The best note for a side that is not called so is at most so far behind the best for the comparison.
    static let mostBehind = 0.3

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
        let sides = Self.sides(of: question.compared, Array(compared), whole: own, names)
        self.own = own
        guard question.earlier != nil else {
            (candidates, whole, partLeaders, self.sides, lastShown) = (own, results[0], leaders, sides, nil)
            return
        }
        let before = all.dropFirst(results.count + compared.count)
        let (joined, last) = (before[before.startIndex], before[before.startIndex + 1])
        func score(_ id: NoteID?, _ candidates: [NoteCandidate]) -> Double {
            candidates.first { $0.id == id }?.score ?? 0
        }
        let shown = quoted.first ?? last.candidates.first?.id
        let leaning =
            !question.hasSubject
            ? 1
            : FollowUp.leaning(
                of: question.own, ownInEarlier: score(results[0].candidates.first?.id, last.candidates),
                earlierInOwn: score(shown, results[0].candidates))
        lastShown = shown
        let share = Self.mostEarlier * leaning
        question.leansBack = leaning > 0.5
        if question.leansBack {
            candidates = NoteMerge.blended(joined.candidates, own, share: 1 - share)
            (whole, partLeaders, self.sides) = (joined, [], [])
        } else {
            candidates = NoteMerge.blended(own, joined.candidates, share: share)
            (whole, partLeaders, self.sides) = (results[0], leaders, sides)
        }
    }

    /// The best notes for the two sides of a comparison. None where the note that was found for it asks about both of them,
    /// or is the best for neither: then it is about the comparison.
    private static func sides(
        of compared: [String], _ results: [NoteSearch.Result], whole: [NoteCandidate], _ names: PlainNames
    ) -> Set<NoteID> {
        guard let best = whole.first, !compared.isEmpty, !names.isAbout(best.id, all: compared) else { return [] }
        let near = Set(whole.lazy.filter { $0.score >= best.score - mostBehind }.map(\.id))
        let leaders = zip(compared, results).compactMap { side, result in
            names.note(named: side, among: result.candidates)
                ?? result.candidates.first.flatMap { near.contains($0.id) ? $0.id : nil }
        }
        return leaders.contains(best.id) ? Set(leaders) : []
    }
}
