// CompletionSession.swift — one choice of one answer: engine events in, text and an ending out.
// Server › Completion.  A state machine without I/O: CompletionExchange feeds it and carries out what it returns.

package import Base
package import Engine
package import Sampling

/// Turns tokens into text a piece at a time; never splits a character (`StreamingDetokenizer` is the real one).
package protocol IncrementalDetokenizer: Sendable {
    /// The text that `token` makes certain: whole UTF-8 characters, possibly none.
    mutating func push(_ token: TokenID) -> [UInt8]
    /// The next `push` of `token` begins with U+FFFD, for a character that the tokens before began and it does not end.
    func breaksCharacter(_ token: TokenID) -> Bool
    /// What an output that ends here leaves over.
    mutating func finish() -> [UInt8]
}

/// Follows one engine request: detokenise → stop strings → text.
///
///     generating ──(stop string complete)──> stopping ──(.finished)──> ended
///          └─────────────────(.finished)──────────────────────────────────^
///
/// A stop string ends the answer for the client at once; the engine hears `cancelsRequest` and still owes its
/// closing account. Tokens that arrive in between are neither returned nor counted.
package struct CompletionSession: Sendable {
    /// Why the client's answer ended, in OpenAI's two words or in ours.
    package enum Ending: Sendable, Equatable {
        case stop
        case length
        case cancelled
        case failed(String)
    }

    /// The closing account of this choice.
    package struct Completion: Sendable, Equatable {
        package var ending: Ending
        package var promptTokenCount: Int
        package var cachedTokenCount: Int
        /// Through the token that completed a stop string; a stop token included.
        package var outputTokenCount: Int
        package var timings: RequestTimings
        /// Tokens that were guessed for it, and those that came true.
        package var draftedTokenCount = 0
        package var acceptedTokenCount = 0

        package init(
            ending: Ending, promptTokenCount: Int, cachedTokenCount: Int, outputTokenCount: Int,
            timings: RequestTimings
        ) {
            self.ending = ending
            self.promptTokenCount = promptTokenCount
            self.cachedTokenCount = cachedTokenCount
            self.outputTokenCount = outputTokenCount
            self.timings = timings
        }
    }

    /// What the caller has to do, in this order.
    package struct Outcome: Sendable, Equatable {
        package var text: [UInt8] = []
        /// Of the tokens whose text has begun to be returned, where the engine tells them.
        package var logprobs: [LogprobsEntry] = []
        /// Cancel the engine request: its further tokens are not wanted.
        package var cancelsRequest = false
        /// Set exactly once.
        package var completion: Completion?
    }

    private enum State {
        case generating
        /// A stop string is complete; waiting for the engine's account.
        case stopping
        case ended
    }

    /// How an answer may end, and what of it is told.
    package struct Options: Sendable {
        package var stopStrings: StopStrings
        /// Stop strings do not count before this many tokens.
        package var minTokens = 0
        /// A stop token's text is part of the answer.
        package var includesStop = false
        /// Only the prompt was wanted: what is generated is neither returned nor counted.
        package var discardsOutput = false

        package init(stopStrings: StopStrings) { self.stopStrings = stopStrings }
    }

    private var state = State.generating
    private var detokenizer: any IncrementalDetokenizer
    private var stopStrings: StopStrings
    private let options: Options
    private var places = LogprobsPlaces()
    /// Tokens whose text was returned or held back.
    package private(set) var outputTokenCount = 0

    package init(detokenizer: any IncrementalDetokenizer, _ options: Options) {
        self.detokenizer = detokenizer
        self.options = options
        stopStrings = options.stopStrings
    }

    /// - Parameter guessedCount: so many of the first tokens were guessed before.
    package mutating func received(
        _ event: RequestEvent.Kind, logprobs: [TokenLogprobs] = [], guessedCount: Int = 0
    ) -> Outcome {
        switch (state, event) {
        case (_, .admitted):
            return Outcome()
        case (.generating, .tokens(let tokens)):
            return options.discardsOutput ? Outcome() : generated(tokens, logprobs, guessedCount)
        case (.generating, .finished(let summary)):
            return finished(summary, logprobs)
        case (.stopping, .finished(let summary)):
            // The engine may have reached its own end in the same step: the stop string still came first.
            state = .ended
            return Outcome(completion: completion(.stop, outputTokenCount: outputTokenCount, summary))
        case (.stopping, .tokens), (.ended, _):
            return Outcome()
        }
    }

    private mutating func generated(
        _ tokens: TokenRun, _ logprobs: [TokenLogprobs], _ guessedCount: Int
    ) -> Outcome {
        var outcome = Outcome()
        for (index, token) in tokens.enumerated() {
            outputTokenCount += 1
            let piece = push(token, index < logprobs.count ? logprobs[index] : nil, isGuessed: index < guessedCount)
            outcome.text += piece.released
            if piece.isMatched {
                state = .stopping
                outcome.cancelsRequest = true
                break
            }
        }
        outcome.logprobs = places.released(outcome.text.count)
        return outcome
    }

    private mutating func push(
        _ token: TokenID, _ logprobs: TokenLogprobs?, isGuessed: Bool = false
    ) -> StopStrings.Outcome {
        let breaksCharacter = logprobs != nil && detokenizer.breaksCharacter(token)
        let text = detokenizer.push(token)
        places.append(token, logprobs, text: text, breaksCharacter: breaksCharacter, isGuessed: isGuessed)
        guard outputTokenCount > options.minTokens else { return StopStrings.Outcome(released: text, isMatched: false) }
        return stopStrings.push(text)
    }

    private mutating func finished(_ summary: RequestSummary, _ logprobs: [TokenLogprobs]) -> Outcome {
        state = .ended
        guard !options.discardsOutput else {
            let ending = Ending(summary.reason)
            return Outcome(completion: completion(ending == .stop ? .length : ending, outputTokenCount: 0, summary))
        }
        var outcome = Outcome()
        var isMatched = false
        if case .stopToken(let token) = summary.reason, options.includesStop {
            let piece = push(token, logprobs.first)
            outcome.text += piece.released
            isMatched = piece.isMatched
        }
        // The last incomplete character becomes U+FFFD, which could itself complete a stop string.
        let last = stopStrings.push(detokenizer.finish())
        isMatched = isMatched || last.isMatched
        outcome.text += last.released + stopStrings.finish()
        outcome.logprobs = isMatched ? places.released(outcome.text.count) : places.rest()
        let ending = Ending(summary.reason)
        outcome.completion = completion(
            ending == .length && isMatched ? .stop : ending, outputTokenCount: summary.outputTokenCount, summary)
        return outcome
    }

    private func completion(_ ending: Ending, outputTokenCount: Int, _ summary: RequestSummary) -> Completion {
        var completion = Completion(
            ending: ending, promptTokenCount: summary.promptTokenCount, cachedTokenCount: summary.cachedTokenCount,
            outputTokenCount: outputTokenCount, timings: summary.timings)
        completion.draftedTokenCount = summary.draftedTokenCount
        completion.acceptedTokenCount = summary.acceptedTokenCount
        return completion
    }
}

extension CompletionSession.Ending {
    init(_ reason: FinishReason) {
        switch reason {
        case .stopToken: self = .stop
        case .length: self = .length
        case .cancelled: self = .cancelled
        case .failed(let reason): self = .failed(reason)
        }
    }
}

extension CompletionSession.Completion {
    /// What the engine says of a request whose every token counts.
    init(_ summary: RequestSummary) {
        self.init(
            ending: CompletionSession.Ending(summary.reason), promptTokenCount: summary.promptTokenCount,
            cachedTokenCount: summary.cachedTokenCount, outputTokenCount: summary.outputTokenCount,
            timings: summary.timings)
        draftedTokenCount = summary.draftedTokenCount
        acceptedTokenCount = summary.acceptedTokenCount
    }
}
