// DraftSource.swift — where a step's guesses come from, as the scheduler sees it.
// Engine › Speculation.

/// How many guesses a request may have in the step that is being planned.
struct DraftWish {
    let request: Request
    let count: Int
}

/// What guessing costs, besides computing the guesses with the target.
struct DraftEffort {
    var secondsPerGuess = 0.0
    /// Once, before the first guess: a draft model reads what was said without it.
    var secondsToBegin = 0.0
}

/// Guesses for all requests of a step in one go, into each request's `speculation`.
protocol DraftSource: AnyObject {
    /// Leaves at most as many guesses as wished for. How many it leaves must not depend on which tokens it drew: under
    /// `DraftAcceptance.rejection` that would change what the remaining ones are drawn from.
    func propose(_ wishes: [DraftWish])
    /// Whether `effort` is nil.
    var guessesAreFree: Bool { get }
    /// The request was preempted or has ended: frees what is kept for it.
    func forget(_ request: Request)
    /// What guesses for this request cost before they are verified, where so many others are guessed for; nil where they
    /// are free. Those are made first and counted afterwards; guesses that cost something are made only as many as are to
    /// be verified.
    func effort(for request: Request, besides otherCount: Int) -> DraftEffort?
    /// Recounts everything; for tests.
    func checkInvariants()
}

/// Drafters that look at nothing but one request's own tokens.
final class SequenceDrafting: DraftSource {
    private let kind: DrafterKind
    let guessesAreFree = true

    init(_ kind: DrafterKind) { self.kind = kind }

    func propose(_ wishes: [DraftWish]) {
        for wish in wishes {
            let request = wish.request
            if request.speculation == nil { request.speculation = Speculation(kind.make?()) }
            request.speculation?.propose(after: request.tokens, atMost: wish.count)
        }
    }

    /// A drafter lives with its request.
    func forget(_ request: Request) {}
    func effort(for request: Request, besides otherCount: Int) -> DraftEffort? { nil }
    func checkInvariants() {}
}
