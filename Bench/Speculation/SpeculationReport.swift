// SpeculationReport.swift — the figures of guessing as a table and as JSON.
// Bench › Speculation.

import Base
import Console

struct SpeculationReport {
    let arguments: Arguments
    let workload: Workload
    let threads: Int
    var results: [(concurrency: Int, turns: [SpeculationTurn])] = []

    private static func share(_ turns: [SpeculationTurn]) -> Double {
        let drafted = turns.reduce(0) { $0 + $1.guessed.draftedTokens }
        return drafted == 0 ? 0 : Double(turns.reduce(0) { $0 + $1.guessed.acceptedTokens }) / Double(drafted)
    }

    /// Tokens that one request gets in one step, on average.
    private static func tokensPerStep(_ turns: [SpeculationTurn], _ concurrency: Int) -> Double {
        let steps = turns.reduce(0) { $0 + $1.guessed.stepsInDecodePhase }
        return Double(turns.reduce(0) { $0 + $1.guessed.tokensInDecodePhase }) / Double(max(steps * concurrency, 1))
    }

    func line(_ concurrency: Int) -> String {
        guard let turns = results.last(where: { $0.concurrency == concurrency })?.turns else { return "" }
        let speedups = turns.map(\.speedup).sorted()
        return "\(concurrency) at once: \(rounded(median(speedups))) × (\(rounded(speedups.first ?? 0)) to"
            + " \(rounded(speedups.last ?? 0)));"
            + " \(rounded(100 * Self.share(turns))) % of the guesses right"
    }

    var table: String {
        var lines = [
            "| requests | plain tokens/s | guessed tokens/s | speed-up | from … to | guesses right | tokens a step |",
            "|---|---|---|---|---|---|---|",
        ]
        for (concurrency, turns) in results {
            let speedups = turns.map(\.speedup).sorted()
            lines.append(
                "| \(concurrency) | \(rounded(median(turns.map(\.plain.decodeTokensPerSecond))))"
                    + " | \(rounded(median(turns.map(\.guessed.decodeTokensPerSecond))))"
                    + " | \(rounded(median(speedups))) × | \(rounded(speedups.first ?? 0)) … \(rounded(speedups.last ?? 0))"
                    + " | \(rounded(100 * Self.share(turns))) %"
                    + " | \(rounded(Self.tokensPerStep(turns, concurrency))) |")
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("cpu", Machine.processorName)
            writer.field("threads", threads)
            writer.field("clock", arguments.has("--processor-time") ? "processor" : "wall")
            for name in ["--model", "--speculative", "--draft-model", "--speculative-acceptance", "--agreement"] {
                guard let value = arguments[name] else { continue }
                writer.field(String(name.dropFirst(2)), ModelLocator.displayName(value))
            }
            writer.field("quotes", workload.quotes)
            writer.field("temperature", Double(workload.temperature))
            writer.field("prompt_tokens", workload.promptTokens)
            writer.field("output_tokens", workload.outputTokens)
            writer.key("results")
            writer.array { writer in for result in results { write(result, &writer) } }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ result: (concurrency: Int, turns: [SpeculationTurn]), _ writer: inout JSONWriter) {
        let (concurrency, turns) = result
        writer.object { writer in
            writer.field("concurrency", concurrency)
            writer.field("plain_tokens_per_second", median(turns.map(\.plain.decodeTokensPerSecond)))
            writer.field("guessed_tokens_per_second", median(turns.map(\.guessed.decodeTokensPerSecond)))
            writer.field("speedup", median(turns.map(\.speedup)))
            writer.field("share_of_guesses_right", Self.share(turns))
            writer.field("tokens_per_step", Self.tokensPerStep(turns, concurrency))
            writer.key("speedups")
            writer.array { writer in for turn in turns { writer.number(turn.speedup) } }
        }
    }
}
