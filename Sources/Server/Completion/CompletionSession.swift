// CompletionSession.swift — one choice of one answer: engine events in, text and an ending out.
// Server › Completion.  A state machine without I/O: CompletionExchange feeds it and carries out what it returns.

package import Base
package import Engine

/// Turns tokens into text a piece at a time; never splits a character (`StreamingDetokenizer` is the real one).
package protocol IncrementalDetokenizer: Sendable {
    /// The text that `token` makes certain: whole UTF-8 characters, possibly none.
    mutating func push(_ token: TokenID) -> [UInt8]
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

    private var state = State.generating
    private var detokenizer: any IncrementalDetokenizer
    private var stopStrings: StopStrings
    /// Tokens whose text was returned or held back.
    package private(set) var outputTokenCount = 0

    package init(detokenizer: any IncrementalDetokenizer, stopStrings: StopStrings) {
        self.detokenizer = detokenizer
        self.stopStrings = stopStrings
    }

    package mutating func received(_ event: RequestEvent.Kind) -> Outcome {
        switch (state, event) {
        case (.generating, .tokens(let tokens)):
            return generated(tokens)
        case (.generating, .finished(let summary)):
            return finished(summary)
        case (.stopping, .finished(let summary)):
            // The engine may have reached its own end in the same step: the stop string still came first.
            state = .ended
            return Outcome(completion: completion(.stop, outputTokenCount: outputTokenCount, summary))
        case (.stopping, .tokens), (.ended, _):
            return Outcome()
        }
    }

    private mutating func generated(_ tokens: TokenRun) -> Outcome {
        var outcome = Outcome()
        for token in tokens {
            outputTokenCount += 1
            let piece = stopStrings.push(detokenizer.push(token))
            outcome.text += piece.released
            if piece.isMatched {
                state = .stopping
                outcome.cancelsRequest = true
                break
            }
        }
        return outcome
    }

    private mutating func finished(_ summary: RequestSummary) -> Outcome {
        state = .ended
        // The last incomplete character becomes U+FFFD, which could itself complete a stop string.
        let last = stopStrings.push(detokenizer.finish())
        let text = last.released + stopStrings.finish()
        let ending: Ending =
            switch summary.reason {
            case .stopToken: .stop
            case .length: last.isMatched ? .stop : .length
            case .cancelled: .cancelled
            case .failed(let reason): .failed(reason)
            }
        return Outcome(
            text: text, completion: completion(ending, outputTokenCount: summary.outputTokenCount, summary))
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
