// ResultTable.swift — a run's figures for people.
// Bench › Serve.

import LoadGeneration

struct ResultTable {
    let result: RunResult

    init(_ result: RunResult) { self.result = result }

    var text: String { (totals + [""] + latencies).joined(separator: "\n") }

    private var totals: [String] {
        let duration = max(result.duration, 1e-9)
        func perSecond(_ count: Int) -> String { NumberText.short(Double(count) / duration) }
        var lines = [
            "\(result.completed.count) completed, \(result.failures.count) failed, \(result.cancelledCount) cancelled"
                + " in \(NumberText.short(duration)) s; at most \(result.peakConcurrency) at once",
            "\(perSecond(result.completed.count)) requests/s, \(perSecond(result.outputTokens)) output tokens/s,"
                + " \(perSecond(result.inputTokens + result.outputTokens)) tokens/s in all",
            "\(result.inputTokens) prompt tokens, \(result.outputTokens) output tokens,"
                + " \(NumberText.short(result.meanTokensPerChunk)) tokens per chunk",
        ]
        if let goodput = result.goodput { lines.append("goodput \(NumberText.short(goodput)) requests/s") }
        if let share = result.cachedShare {
            lines.append("\(NumberText.short(share * 100)) % of the prompts' tokens were cached")
        }
        if let share = result.acceptedShare {
            lines.append("\(NumberText.short(share * 100)) % of the drafted tokens were right")
        }
        let kinds = Dictionary(grouping: result.failures, by: \.kind)
        for kind in kinds.keys.sorted() {
            guard let failures = kinds[kind] else { continue }
            lines.append("\(failures.count) × \(kind), first: \(failures[0])")
        }
        if result.lateCount > 0 {
            let worst = (result.measured.map(\.lateness).max() ?? 0) * 1000
            lines.append(
                "\(result.lateCount) sent more than \(NumberText.short(RunResult.lateSeconds * 1000)) ms late, the latest by"
                    + " \(NumberText.short(worst)) ms; latencies count from the schedule all the same")
        }
        let differing = result.disagreements
        if differing.prompt + differing.output > 0 {
            lines.append(
                "usage differs from our own count in \(differing.prompt) prompts and \(differing.output) answers")
        }
        return lines
    }

    /// With 95 % intervals by bootstrap over requests.
    private var latencies: [String] {
        var lines = ["| ms | mean | p50 | p90 | p99 | p99.9 |", "|---|---|---|---|---|---|"]
        for measure in LatencyMeasure.allCases {
            let sample = measure.sample(result.completed)
            guard !sample.isEmpty else { continue }
            let shares = ResultJSON.shares.map(\.share)
            let found = sample.intervals(shares: shares, resamples: sample.values.count > 20_000 ? 200 : 1000)
            let cells = zip([sample.mean] + shares.map(sample.quantile), [found.mean] + found.quantiles).map {
                "\(NumberText.short($0)) [\(NumberText.short($1.low)), \(NumberText.short($1.high))]"
            }
            lines.append("| \(measure.title) | \(cells.joined(separator: " | ")) |")
        }
        return lines
    }
}
