// RequestRecord.swift — what one request went through.
// LoadGeneration › Measurement.

/// Nanoseconds are of the run's time source.
package struct RequestRecord: Sendable {
    package enum Outcome: Sendable, Equatable {
        case completed
        /// By the load generator, on purpose.
        case cancelled
        case failed(Failure)
    }

    /// In the order of the schedule.
    package var index: Int
    /// Which chat it belongs to, and which of its turns it is, from 0.
    package var session = 0
    package var turn = 0
    /// Long prompts among short ones: reported apart.
    package var isIntruder = false
    /// False for warm-up and cool-down, which load the server but do not count.
    package var isMeasured = true
    /// When the schedule wanted it sent; in a closed loop, when it was sent. Latencies count from here.
    package var scheduled: UInt64 = 0
    package var sent: UInt64 = 0
    package var ended: UInt64 = 0
    /// Arrival of each chunk that carried text.
    package var chunks: [UInt64] = []
    /// The last chunk, or the reason for the end if that came later.
    package var lastChunk: UInt64 = 0
    package var outcome = Outcome.completed
    package var usage = ReportedUsage()
    /// By the load generator's own tokenizer, if it has one.
    package var countedPromptTokens: Int?
    package var countedOutputTokens: Int?
    package var text: [UInt8] = []

    package init(index: Int) { self.index = index }

    package var isCompleted: Bool { outcome == .completed }

    package var promptTokens: Int { usage.promptTokens ?? countedPromptTokens ?? 0 }
    /// The server's count, else our own, else one per chunk.
    package var outputTokens: Int { usage.outputTokens ?? countedOutputTokens ?? chunks.count }

    package var lateness: Double { seconds(from: scheduled, to: sent) }

    /// Time to first token, in seconds.
    package var timeToFirstToken: Double? { chunks.first.map { seconds(from: scheduled, to: $0) } }

    /// From the scheduled instant to the last chunk.
    package var endToEnd: Double? { lastChunk > 0 ? seconds(from: scheduled, to: lastChunk) : nil }

    /// Mean time per output token after the first: (E2E − TTFT) / (tokens − 1); nil for one token.
    package var timePerOutputToken: Double? {
        guard let timeToFirstToken, let endToEnd, outputTokens > 1 else { return nil }
        return (endToEnd - timeToFirstToken) / Double(outputTokens - 1)
    }

    /// Gaps between chunks. A chunk may carry several tokens: see `tokensPerChunk`.
    package var interTokenLatencies: [Double] {
        zip(chunks, chunks.dropFirst()).map { seconds(from: $0, to: $1) }
    }

    package var tokensPerChunk: Double? { chunks.isEmpty ? nil : Double(outputTokens) / Double(chunks.count) }

    private func seconds(from start: UInt64, to end: UInt64) -> Double {
        end >= start ? Double(end - start) / 1e9 : -Double(start - end) / 1e9
    }
}
