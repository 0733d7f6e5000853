// DraftSource.swift — where a step's guesses come from, as the scheduler sees it.
// Engine › Speculation.

/// How many guesses a request may have in the step that is being planned.
struct DraftWish {
    let request: Request
    /// The request's place in the plan.
    let entry: Int
    var count: Int
}

/// Guesses for all requests of a step in one go, into each request's `speculation`.
protocol DraftSource: AnyObject {
    /// Leaves at most as many guesses as wished for. How many it leaves must not depend on which tokens it drew: under
    /// `DraftAcceptance.rejection` that would change what the remaining ones are drawn from.
    func propose(_ wishes: [DraftWish])
    /// What a request is guessed for with. - Parameter acceptance: believed at first.
    func begin(believing acceptance: Double) -> Speculation
    /// Free guesses are made first and counted afterwards; those that cost something are made only as many as are to be
    /// verified.
    var guessesAreFree: Bool { get }
    /// What it takes to guess one token for so many requests at once.
    func secondsPerPass(requests: Int) -> Double
    /// What it takes to read what was said so far, before the first guess.
    func secondsToBegin(_ request: Request) -> Double
    /// The part of the last `propose` that was such reading.
    var readingSeconds: Double { get }
    /// The request was preempted or has ended: frees what is kept for it.
    func forget(_ request: Request)
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
            wish.request.speculation?.propose(after: wish.request.tokens, atMost: wish.count)
        }
    }

    /// A drafter lives with its request.
    func begin(believing acceptance: Double) -> Speculation { Speculation(kind.make?(), believing: acceptance) }
    func forget(_ request: Request) {}
    func secondsPerPass(requests: Int) -> Double { 0 }
    func secondsToBegin(_ request: Request) -> Double { 0 }
    var readingSeconds: Double { 0 }
    func checkInvariants() {}
}
