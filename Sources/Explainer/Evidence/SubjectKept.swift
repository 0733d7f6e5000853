// SubjectKept.swift — whether a question is still about the note that was just quoted.
// Explainer › Evidence.  "When would I skip it?" is about reranking, although another note speaks of skipping.

/// A question that has no subject of its own stays with the note that the last answer quoted.
struct SubjectKept {
    let vocabulary: Vocabulary

    /// Share of the question's words, without those that ask for an aspect, that the note has to speak of.
    private static let leastSpoken = 0.6
    /// Another note that was found has its say if it is called what was asked now and before: by this share of the words
    /// asked before, and not by much less than the note shown.
    private static let (leastNamed, mostBehind) = (0.5, 0.25)
    /// Or this share of the question's own words is in the ways to ask it.
    private static let leastAsked = 0.6

    /// "Can I turn it off?" has so many words at most.
    private static let fewWords = 2

    /// Whether the note stays, of those that were found.
    ///
    /// - Parameters:
    ///   - note: the first one that the answer before quoted.
    ///   - best: the first one that was found for all that was asked, `ownBest` for the new question alone.
    ///   - isKnown: the note is known to have been quoted, not only likely.
    func stays(
        with note: Note, isKnown: Bool, before best: Note?, _ ownBest: Note?, for question: UnderstoodQuestion
    ) -> Bool {
        guard let earlier = question.earlier, question.leansBack else { return false }
        guard let best, best.id != note.id else { return true }
        let own = vocabulary.subject(of: question.own)
        let spoken = vocabulary.stems(of: note.question + "\n" + note.searchedText)
        let pointsBack = own.count <= Self.fewWords && FollowUp.pointsBack(question.own)
        guard isKnown || own.isEmpty else { return false }
        let asked = vocabulary.stems(of: (ownBest?.wordings ?? []).joined(separator: "\n"))
        // "How does it compare with ALiBi?": this note does not know it, and another is asked about it.
        if Comparison.isAsked(in: question.own) {
            let comparing = vocabulary.stems(of: Comparison.words.sorted().joined(separator: " "))
            guard own.subtracting(spoken).subtracting(comparing).isDisjoint(with: asked) else { return false }
        }
        guard pointsBack || share(of: own, in: spoken) >= Self.leastSpoken else { return false }
        let names = names(of: best)
        let named = share(of: earlier.subject, in: names)
        let shown = share(of: earlier.subject, in: self.names(of: note))
        if named >= max(min(Self.leastNamed, shown), shown - Self.mostBehind),
            !names.isDisjoint(with: vocabulary.asked(by: question.own))
        {
            return false
        }
        // Without a word that points back, what another note is asked with is that note's.
        if own.isEmpty || pointsBack { return true }
        return share(of: own, in: asked) < Self.leastAsked
    }

    private func names(of note: Note) -> Set<[UInt8]> {
        vocabulary.stems(of: ([note.question] + note.askedPlainly).joined(separator: "\n"))
    }

    /// By weight; 1 where there are no words.
    private func share(of words: Set<[UInt8]>, in others: Set<[UInt8]>) -> Double {
        let total = vocabulary.weight(ofAll: words)
        return total > 0 ? vocabulary.weight(ofAll: words.intersection(others)) / total : 1
    }
}
