// RunResult.swift — everything that one run against one server has shown.
// LoadGeneration › Measurement.

/// What was asked for: printed with the figures, because figures without it mean nothing.
package struct RunDescription: Sendable {
    package var label = ""
    /// `YYYYMMDD-HHMMSS`, the zone being the machine's.
    package var date = ""
    package var url = ""
    package var endpoint = "/v1/chat/completions"
    package var model = ""
    package var tokenizer: String?
    package var workload = ""
    /// Infinite in a closed loop.
    package var requestRate = Double.infinity
    package var rampEndRate: Double?
    package var burstiness = 1.0
    package var maxConcurrency: Int?
    package var objectives: Objectives?
    package var seed: UInt64 = 0
    package var cancelShare = 0.0
    package var warmUpCount = 0
    package var coolDownCount = 0

    package init() {}
}

/// Counters of the server's own, the difference over the run.
package struct SpeculationCounts: Sendable, Equatable {
    package var drafts = 0
    package var draftTokens = 0
    package var acceptedTokens = 0
    package var acceptedPerPosition: [Int] = []

    package init() {}
}

package struct RunResult: Sendable {
    package var description: RunDescription
    /// All requests in the order of the schedule, warm-up and cool-down included.
    package let records: [RequestRecord]
    /// From /metrics, where the server has vLLM's.
    package var speculation: SpeculationCounts?
    package var peakConcurrency = 0

    /// Sends later than this after their scheduled instant are counted as late.
    package static let lateSeconds = 0.005

    package init(_ description: RunDescription, records: [RequestRecord]) {
        self.description = description
        self.records = records
    }

    package var measured: [RequestRecord] { records.filter(\.isMeasured) }
    package var completed: [RequestRecord] { measured.filter(\.isCompleted) }

    /// From the first measured send to the last measured end, in seconds.
    package var duration: Double {
        let first = measured.map { min($0.scheduled, $0.sent) }.min() ?? 0
        let last = measured.map(\.ended).max() ?? first
        return last > first ? Double(last - first) / 1e9 : 0
    }

    package var failures: [Failure] {
        measured.compactMap { if case .failed(let failure) = $0.outcome { failure } else { nil } }
    }

    package var cancelledCount: Int { measured.count { $0.outcome == .cancelled } }
    package var lateCount: Int { measured.count { $0.lateness > Self.lateSeconds } }
    package var inputTokens: Int { completed.reduce(0) { $0 + $1.promptTokens } }
    package var outputTokens: Int { completed.reduce(0) { $0 + $1.outputTokens } }

    /// Share of the prompts' tokens that the server says it found in its cache; nil if it says nothing.
    package var cachedShare: Double? {
        let telling = completed.filter { $0.usage.cachedTokens != nil }
        let prompt = telling.reduce(0) { $0 + $1.promptTokens }
        guard prompt > 0 else { return nil }
        return Double(telling.reduce(0) { $0 + ($1.usage.cachedTokens ?? 0) }) / Double(prompt)
    }

    /// Share of drafted tokens that were right, by the responses or else by /metrics.
    package var acceptedShare: Double? {
        let drafted = completed.reduce(0) { $0 + ($1.usage.draftTokens ?? 0) }
        if drafted > 0 { return Double(completed.reduce(0) { $0 + ($1.usage.acceptedTokens ?? 0) }) / Double(drafted) }
        guard let speculation, speculation.draftTokens > 0 else { return nil }
        return Double(speculation.acceptedTokens) / Double(speculation.draftTokens)
    }

    /// Requests whose `usage` differs from our own count. The prompt's is left out for chats: the server's template
    /// adds tokens that only it knows.
    package var disagreements: (prompt: Int, output: Int) {
        let isChat = description.endpoint.hasSuffix("chat/completions")
        let prompt = completed.count { record in
            guard !isChat, let own = record.countedPromptTokens, let theirs = record.usage.promptTokens else {
                return false
            }
            return own != theirs
        }
        let output = completed.count { record in
            guard let own = record.countedOutputTokens, let theirs = record.usage.outputTokens else { return false }
            return own != theirs
        }
        return (prompt, output)
    }

    package var meanTokensPerChunk: Double {
        let chunks = completed.reduce(0) { $0 + $1.chunks.count }
        return chunks == 0 ? 0 : Double(completed.reduce(0) { $0 + $1.outputTokens }) / Double(chunks)
    }

    /// Good requests per second; nil without objectives.
    package var goodput: Double? {
        guard let objectives = description.objectives, duration > 0 else { return nil }
        return Double(measured.count { objectives.areMet(by: $0) }) / duration
    }

    /// The most output tokens in any whole second from the start, each chunk counting its request's tokens per chunk.
    package var peakOutputTokensPerSecond: Double {
        let start = measured.map { min($0.scheduled, $0.sent) }.min() ?? 0
        var seconds: [UInt64: Double] = [:]
        for record in completed {
            for chunk in record.chunks {
                seconds[(chunk - min(start, chunk)) / 1_000_000_000, default: 0] += record.tokensPerChunk ?? 0
            }
        }
        return seconds.values.max() ?? 0
    }
}

/// The four latencies everybody reports.
package enum LatencyMeasure: String, CaseIterable, Sendable {
    case ttft, tpot, itl, e2el

    package var title: String {
        switch self {
        case .ttft: "Time to first token"
        case .tpot: "Time per output token"
        case .itl: "Inter-token latency"
        case .e2el: "End-to-end latency"
        }
    }

    /// In milliseconds, over the completed requests.
    package func sample(_ records: [RequestRecord]) -> Sample {
        Sample(
            groups: records.map { record in
                let seconds: [Double] =
                    switch self {
                    case .ttft: [record.timeToFirstToken].compactMap(\.self)
                    case .tpot: [record.timePerOutputToken].compactMap(\.self)
                    case .itl: record.interTokenLatencies
                    case .e2el: [record.endToEnd].compactMap(\.self)
                    }
                return seconds.map { $0 * 1000 }
            })
    }
}
