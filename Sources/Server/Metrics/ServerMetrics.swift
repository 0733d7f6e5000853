// ServerMetrics.swift — what the server itself counts: how requests ended and how long their parts took.
// Server › Metrics.  Names and buckets are vLLM's, with finer low ends: its 0.3 s floor hides a small model's times.

package import Base
import Engine

/// Observations of finished engine requests, one per choice, and of HTTP responses.
package struct ServerMetrics: Sendable {
    /// Label values of `vllm:request_success_total`, vLLM's words.
    package enum Outcome: String, CaseIterable, Sendable {
        case stop, length, abort, error
    }

    /// vLLM's edges for whole requests and their phases, with seven finer ones below its first (0.3 s).
    package static let phaseBounds: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2,
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
    ]
    package static let firstTokenBounds: [Double] = [
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
        80, 160, 640, 2560,
    ]
    package static let perTokenBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005,
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
    ]
    package static let tokenCountBounds: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100_000,
    ]

    package static let choiceCountBounds: [Double] = [1, 2, 5, 10, 20]

    package private(set) var outcomes: [Outcome: UInt64] = [:]
    package private(set) var timeToFirstToken = Histogram(upperBounds: firstTokenBounds)
    /// The same, of the last requests one by one.
    package private(set) var recentFirstTokens = RecentTimes()
    package private(set) var interTokenLatency = Histogram(upperBounds: perTokenBounds)
    package private(set) var timePerOutputToken = Histogram(upperBounds: perTokenBounds)
    package private(set) var endToEnd = Histogram(upperBounds: phaseBounds)
    package private(set) var queue = Histogram(upperBounds: phaseBounds)
    package private(set) var prefill = Histogram(upperBounds: phaseBounds)
    package private(set) var decode = Histogram(upperBounds: phaseBounds)
    package private(set) var inference = Histogram(upperBounds: phaseBounds)
    package private(set) var promptTokens = Histogram(upperBounds: tokenCountBounds)
    package private(set) var generationTokens = Histogram(upperBounds: tokenCountBounds)
    /// What requests asked for: answers to one prompt, and tokens of each.
    package private(set) var askedChoices = Histogram(upperBounds: choiceCountBounds)
    package private(set) var askedTokens = Histogram(upperBounds: tokenCountBounds)
    /// The longest of the answers to one prompt.
    package private(set) var longestChoice = Histogram(upperBounds: tokenCountBounds)
    /// Responses by handler, method and status class.
    package private(set) var responses: [ResponseKey: UInt64] = [:]

    package struct ResponseKey: Hashable, Comparable, Sendable {
        package let handler: String
        package let method: String
        package let status: Int

        package static func < (left: ResponseKey, right: ResponseKey) -> Bool {
            (left.handler, left.method, left.status) < (right.handler, right.method, right.status)
        }
    }

    package init() {}

    /// Time between two deliveries of tokens of one request.
    package mutating func observeGap(nanoseconds: UInt64) {
        interTokenLatency.observe(Self.seconds(nanoseconds))
    }

    package mutating func observeResponse(handler: String, method: String, status: Int) {
        responses[ResponseKey(handler: handler, method: method, status: status), default: 0] += 1
    }

    /// The closing account of one engine request. Phases it never reached are not observed, and the times of an
    /// aborted one would say more about its client than about the server.
    package mutating func observeEnd(_ completion: CompletionSession.Completion) {
        let outcome = Outcome(completion.ending)
        outcomes[outcome, default: 0] += 1
        guard outcome == .stop || outcome == .length else { return }

        promptTokens.observe(Double(completion.promptTokenCount))
        generationTokens.observe(Double(completion.outputTokenCount))
        let times = completion.timings
        Self.observe(&endToEnd, from: times.arrivalNanoseconds, to: times.finishedNanoseconds)
        Self.observe(&queue, from: times.arrivalNanoseconds, to: times.scheduledNanoseconds)
        Self.observe(&prefill, from: times.scheduledNanoseconds, to: times.firstTokenNanoseconds)
        Self.observe(&inference, from: times.scheduledNanoseconds, to: times.finishedNanoseconds)
        Self.observe(&timeToFirstToken, from: times.arrivalNanoseconds, to: times.firstTokenNanoseconds)
        recentFirstTokens.add(from: times.arrivalNanoseconds, to: times.firstTokenNanoseconds)
        Self.observe(&decode, from: times.firstTokenNanoseconds, to: times.finishedNanoseconds)
        if completion.outputTokenCount > 1, times.firstTokenNanoseconds > 0,
            times.finishedNanoseconds >= times.firstTokenNanoseconds
        {
            let decodeSeconds = Self.seconds(times.finishedNanoseconds - times.firstTokenNanoseconds)
            timePerOutputToken.observe(decodeSeconds / Double(completion.outputTokenCount - 1))
        }
    }

    /// All answers to one prompt, each of which may have had `maxTokens` tokens. As above, aborted ones do not count.
    package mutating func observeChoices(_ completions: [CompletionSession.Completion], maxTokens: Int) {
        let whole = completions.filter { [.stop, .length].contains(Outcome($0.ending)) }
        guard !whole.isEmpty, whole.count == completions.count else { return }
        askedChoices.observe(Double(whole.count))
        for _ in whole { askedTokens.observe(Double(maxTokens)) }
        longestChoice.observe(Double(whole.map(\.outputTokenCount).max() ?? 0))
    }

    private static func observe(_ histogram: inout Histogram, from start: UInt64, to end: UInt64) {
        guard start > 0, end >= start else { return }
        histogram.observe(seconds(end - start))
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

extension ServerMetrics.Outcome {
    package init(_ ending: CompletionSession.Ending) {
        switch ending {
        case .stop: self = .stop
        case .length: self = .length
        case .cancelled: self = .abort
        case .failed: self = .error
        }
    }
}
