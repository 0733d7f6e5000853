// EngineReport.swift — the engine benchmark's figures as JSON and as a table.
// Bench.  What the figures mean: Bench/README.md.

import Base
import Kernels

struct EngineReport {
    let name: String
    let workload: Workload
    var threads = 1
    var kernels = ""
    var model: ModelCost?
    var limits: MachineLimits?
    var results: [(concurrency: Int, runs: [EngineRun], peakBytes: Int)] = []

    init(name: String, workload: Workload) {
        self.name = name
        self.workload = workload
    }

    // MARK: - Shares of the machine's limits

    /// Arithmetic: two operations per weight and row, at the peak of the weights' kind; the head's for one row a prompt.
    private func prefillShare(_ run: EngineRun) -> Double {
        guard let model, let limits else { return 0 }
        let peak = limits.peak(for: model.weightType)
        let perRow = Double(model.multiplyAddsPerRow - model.headMultiplyAdds)
        let perToken = perRow + Double(model.headMultiplyAdds) / Double(workload.promptTokens)
        return run.prefillTokensPerSecond * 2 * perToken / (peak * 1e9)
    }

    /// Bandwidth: every step reads every weight once.
    private func decodeShare(_ run: EngineRun) -> Double {
        guard let model, let limits, run.decodeSeconds > 0 else { return 0 }
        let bytesPerSecond = Double(model.weightBytes * run.stepsInDecodePhase) / run.decodeSeconds
        return bytesPerSecond / (limits.modelReadGigabytesPerSecond * 1e9)
    }

    // MARK: - Printing

    func line(_ concurrency: Int) -> String {
        guard let result = results.last(where: { $0.concurrency == concurrency }) else { return "" }
        let prefill = median(result.runs.map(\.prefillTokensPerSecond))
        let decode = median(result.runs.map(\.decodeTokensPerSecond))
        return "concurrency \(concurrency): prefill \(rounded(prefill)) tokens/s, decode \(rounded(decode)) tokens/s"
            + guesses(result.runs)
    }

    /// What was guessed and what came true, and how many tokens a request got per step; nothing where nobody guessed.
    private func guesses(_ runs: [EngineRun]) -> String {
        let (drafted, accepted) = (runs.reduce(0) { $0 + $1.draftedTokens }, runs.reduce(0) { $0 + $1.acceptedTokens })
        guard drafted > 0 else { return "" }
        return ", \(accepted) of \(drafted) guesses right (\(rounded(100 * Double(accepted) / Double(drafted))) %)"
    }

    var table: String {
        var lines = [
            "| requests | prefill tokens/s | share | decode tokens/s | share | TTFT p50 ms | TPOT p50 ms | output tokens/s |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for (concurrency, runs, _) in results {
            func middle(_ value: (EngineRun) -> Double) -> String { rounded(median(runs.map(value))) }
            lines.append(
                "| \(concurrency) | \(middle { $0.prefillTokensPerSecond }) | \(middle(prefillShare))"
                    + " | \(middle { $0.decodeTokensPerSecond }) | \(middle(decodeShare))"
                    + " | \(middle { median($0.timeToFirstToken) }) | \(middle { median($0.timePerOutputToken) })"
                    + " | \(middle { $0.outputTokensPerSecond }) |")
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("model", name)
            writer.field("cpu", Machine.processorName)
            writer.field("kernels", kernels)
            writer.field("threads", threads)
            writer.field("prompt_tokens", workload.promptTokens)
            writer.field("output_tokens", workload.outputTokens)
            writer.field("weight_bytes", model?.weightBytes ?? 0)
            writer.key("limits")
            writer.object { writer in
                writer.field("read_gigabytes_per_second", limits?.readGigabytesPerSecond ?? 0)
                writer.field("read_gigabytes_per_second_at_model_size", limits?.modelReadGigabytesPerSecond ?? 0)
                writer.field("f32_gflops", limits?.f32GigaflopsPerSecond ?? 0)
                writer.field("bf16_gflops", limits?.bf16GigaflopsPerSecond ?? 0)
                writer.field("int8_gops", limits?.int8GigaopsPerSecond ?? 0)
            }
            writer.key("results")
            writer.array { writer in for result in results { write(result, &writer) } }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(
        _ result: (concurrency: Int, runs: [EngineRun], peakBytes: Int), _ writer: inout JSONWriter
    ) {
        func middle(_ value: (EngineRun) -> Double) -> Double { median(result.runs.map(value)) }
        writer.object { writer in
            writer.field("concurrency", result.concurrency)
            writer.field("prefill_tokens_per_second", middle { $0.prefillTokensPerSecond })
            writer.field("prefill_tokens_per_processor_second", middle { $0.prefillTokensPerProcessorSecond })
            writer.field("decode_tokens_per_second", middle { $0.decodeTokensPerSecond })
            writer.field("decode_tokens_per_processor_second", middle { $0.decodeTokensPerProcessorSecond })
            writer.field("total_tokens_per_second", middle { $0.totalTokensPerSecond })
            writer.field("output_tokens_per_second", middle { $0.outputTokensPerSecond })
            writeQuantiles("ttft_ms", result.runs.flatMap(\.timeToFirstToken), &writer)
            writeQuantiles("tpot_ms", result.runs.flatMap(\.timePerOutputToken), &writer)
            writer.field("drafted_tokens", result.runs.reduce(0) { $0 + $1.draftedTokens })
            writer.field("accepted_tokens", result.runs.reduce(0) { $0 + $1.acceptedTokens })
            writer.field("peak_rss_bytes", result.peakBytes)
            writer.key("share_of_limit")
            writer.object { writer in
                writer.field("prefill", middle(prefillShare))
                writer.field("decode", middle(decodeShare))
            }
        }
    }

    private func writeQuantiles(_ name: String, _ values: [Double], _ writer: inout JSONWriter) {
        writer.key(name)
        writer.object { writer in
            writer.field("p50", quantile(values, 0.5))
            writer.field("p90", quantile(values, 0.9))
            writer.field("p99", quantile(values, 0.99))
        }
    }
}

/// The value below which `share` of the values lie: the nearest rank; 0 without values.
func quantile(_ values: [Double], _ share: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank - 1, 0), sorted.count - 1)]
}

func median(_ values: [Double]) -> Double { quantile(values, 0.5) }

/// Three significant digits are more than a shared machine can promise.
func rounded(_ value: Double) -> String {
    let text = value >= 100 ? "\(Int(value.rounded()))" : "\((value * 100).rounded() / 100)"
    return text
}
