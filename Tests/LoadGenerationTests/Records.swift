// Records.swift — requests for tests, made by hand.

import LoadGeneration

enum Records {
    static func completed(
        _ index: Int, scheduled: UInt64, sent: UInt64, chunks: [UInt64], tokens: Int
    ) -> RequestRecord {
        var record = RequestRecord(index: index)
        record.scheduled = scheduled
        record.sent = sent
        record.chunks = chunks
        record.lastChunk = chunks.last ?? sent
        record.ended = record.lastChunk
        record.usage.promptTokens = 10
        record.usage.outputTokens = tokens
        record.usage.cachedTokens = 4
        record.text = Array("text <\(index)> & \"quotes\"".utf8)
        return record
    }

    /// A plausible run: one request every ten milliseconds, one of them failed, one cancelled.
    static func run(label: String, rate: Double, concurrency: Int? = nil, seed: UInt64) -> RunResult {
        var random = SeededRandom(seed: seed)
        var records = (0..<60).map { index -> RequestRecord in
            let scheduled = 5_000_000_000 + UInt64(index) * 10_000_000
            let first = scheduled + UInt64(2e6 + 3e6 * random.exponential())
            let chunks = (0..<8).map { first + UInt64($0) * 1_000_000 }
            return completed(index, scheduled: scheduled, sent: scheduled + 50_000, chunks: chunks, tokens: 12)
        }
        records[7].outcome = .failed(.status(429, message: "slow down"))
        records[7].chunks = []
        records[7].lastChunk = 0
        records[9].outcome = .cancelled
        var description = RunDescription()
        description.label = label
        description.model = "model-of-<tests>"
        description.requestRate = rate
        description.maxConcurrency = concurrency
        description.objectives = Objectives("ttft:5")
        var result = RunResult(description, records: records)
        result.peakConcurrency = 3
        return result
    }
}
