// MeasurementTests.swift — quantiles, their intervals, and a run's totals.

import LoadGeneration
import Testing

@Suite struct `A sample` {
    @Test func `has numpy's quantiles`() {
        let sample = Sample([4, 1, 3, 2])
        #expect(sample.quantile(0) == 1)
        #expect(sample.quantile(0.5) == 2.5)
        #expect(abs(sample.quantile(0.9) - 3.7) < 1e-12)
        #expect(sample.quantile(1) == 4)
        #expect(sample.mean == 2.5)
        #expect(abs(sample.deviation - 1.118_033_988_749_895) < 1e-12)
    }

    @Test func `of nothing is zero, of one value that value`() {
        #expect(Sample([]).quantile(0.99) == 0)
        #expect(Sample([]).mean == 0)
        let one = Sample([7]).intervals(shares: [0.5])
        #expect(one.mean.low == 7 && one.mean.high == 7)
        #expect(one.quantiles == [one.mean])
    }

    @Test func `has intervals that hold the truth about as often as they say`() {
        var random = SeededRandom(seed: 17)
        var meanHits = 0
        var medianHits = 0
        let rounds = 200
        for round in 0..<rounds {
            let sample = Sample((0..<120).map { _ in random.exponential() })
            let found = sample.intervals(shares: [0.5], resamples: 300, seed: UInt64(round))
            if found.mean.low <= 1, 1 <= found.mean.high { meanHits += 1 }
            if found.quantiles[0].low <= 0.693_147, 0.693_147 <= found.quantiles[0].high { medianHits += 1 }
        }
        // 95 % of 200, less what a percentile bootstrap of a skewed law loses; four deviations of slack.
        #expect((170...200).contains(meanHits))
        #expect((170...200).contains(medianHits))
    }

    @Test func `has wider intervals when its values come in clusters`() {
        var random = SeededRandom(seed: 23)
        let groups = (0..<40).map { _ -> [Double] in
            let level = random.exponential()
            return (0..<50).map { _ in level }
        }
        let clustered = Sample(groups: groups).intervals(shares: [0.5]).mean
        let scattered = Sample(groups.flatMap { $0 }).intervals(shares: [0.5]).mean
        #expect(clustered.high - clustered.low > 4 * (scattered.high - scattered.low))
    }

    @Test func `has the same intervals for the same seed, each around its statistic`() {
        var random = SeededRandom(seed: 2)
        let sample = Sample((0..<300).map { _ in random.exponential() })
        let shares = [0.999, 0.5, 0.9]
        let found = sample.intervals(shares: shares, seed: 5)
        #expect(found.quantiles == sample.intervals(shares: shares, seed: 5).quantiles)
        for (share, interval) in zip(shares, found.quantiles) {
            #expect(interval.low <= sample.quantile(share))
            #expect(sample.quantile(share) <= interval.high + 1e-9 || share > 0.99)
        }
        #expect(found.quantiles[1].high < found.quantiles[2].low)
    }
}

@Suite struct `A run` {
    @Test func `counts latencies from the schedule, not from the send`() {
        let record = Records.completed(0, scheduled: 1000, sent: 1600, chunks: [2000, 3000, 5000], tokens: 5)
        #expect(record.timeToFirstToken == 1000e-9)
        #expect(record.endToEnd == 4000e-9)
        #expect(record.lateness == 600e-9)
        #expect(record.timePerOutputToken == 750e-9)
        #expect(record.interTokenLatencies == [1000e-9, 2000e-9])
        #expect(record.tokensPerChunk == 5.0 / 3)
    }

    @Test func `has no time per token where there is one token`() {
        #expect(Records.completed(0, scheduled: 0, sent: 0, chunks: [5], tokens: 1).timePerOutputToken == nil)
    }

    @Test func `leaves warm-up and cool-down out`() {
        var records = (0..<5).map {
            Records.completed(
                $0, scheduled: UInt64($0) * 1_000_000_000, sent: UInt64($0) * 1_000_000_000,
                chunks: [UInt64($0) * 1_000_000_000 + 500_000_000], tokens: 2)
        }
        records[0].isMeasured = false
        records[4].isMeasured = false
        let result = RunResult(RunDescription(), records: records)
        #expect(result.completed.count == 3)
        #expect(result.outputTokens == 6)
        #expect(result.duration == 2.5)
    }

    @Test func `is good where every bound is met`() throws {
        let objectives = try #require(Objectives("ttft:100,tpot:10"))
        let ms: UInt64 = 1_000_000
        #expect(
            objectives.areMet(by: Records.completed(0, scheduled: 0, sent: 0, chunks: [100 * ms, 110 * ms], tokens: 2)))
        #expect(
            !objectives.areMet(
                by: Records.completed(0, scheduled: 0, sent: 0, chunks: [101 * ms, 105 * ms], tokens: 2)))
        #expect(
            !objectives.areMet(by: Records.completed(0, scheduled: 0, sent: 0, chunks: [50 * ms, 61 * ms], tokens: 2)))
        var failed = Records.completed(0, scheduled: 0, sent: 0, chunks: [ms], tokens: 2)
        failed.outcome = .failed(.truncated)
        #expect(!objectives.areMet(by: failed))
    }

    @Test(arguments: ["", "ttft", "ttft:", "ttft:-1", "ttft:1,", "speed:3", "ttft:inf", "ttft:1:2"])
    func `has no objectives in nonsense`(text: String) {
        #expect(Objectives(text) == nil)
    }

    @Test func `tells where usage and our own count differ`() {
        var records = [
            Records.completed(0, scheduled: 0, sent: 0, chunks: [5], tokens: 4),
            Records.completed(1, scheduled: 0, sent: 0, chunks: [5], tokens: 4),
        ]
        records[0].countedOutputTokens = 4
        records[1].countedOutputTokens = 5
        records[1].countedPromptTokens = 99
        var description = RunDescription()
        #expect(RunResult(description, records: records).disagreements == (0, 1))
        description.endpoint = "/v1/completions"
        #expect(RunResult(description, records: records).disagreements == (1, 1))
    }

    @Test func `reads vLLM's counters of speculation`() throws {
        let before = try #require(SpeculationCounts(metrics: "vllm:spec_decode_num_drafts_total{model_name=\"m\"} 4\n"))
        let text = """
            # HELP vllm:spec_decode_num_drafts_total Drafts.
            vllm:spec_decode_num_drafts_total{model_name="m"} 14.0
            vllm:spec_decode_num_draft_tokens_total{model_name="m"} 40
            vllm:spec_decode_num_accepted_tokens_total{model_name="m"} 1e1
            vllm:spec_decode_num_accepted_tokens_per_pos_total{model_name="m",position="0"} 7
            vllm:spec_decode_num_accepted_tokens_per_pos_total{model_name="m",position="1"} 3
            vllm:num_requests_running 1
            """
        let counts = try #require(SpeculationCounts(metrics: text)).since(before)
        #expect(counts.drafts == 10)
        #expect(counts.draftTokens == 40)
        #expect(counts.acceptedTokens == 10)
        #expect(counts.acceptedPerPosition == [7, 3])
        #expect(SpeculationCounts(metrics: "llamacpp:tokens_predicted_total 4\n") == nil)
    }
}
