// SpeculationReport.swift — the figures of guessing as a table and as JSON.
// Bench › Speculation.

import Base
import Console

struct SpeculationReport {
    let arguments: Arguments
    let workload: Workload
    let threads: Int
    var results: [(concurrency: Int, pairs: [SpeculationPair])] = []

    /// A sum over all runs with guesses.
    private static func sum(_ pairs: [SpeculationPair], _ count: (EngineRun) -> Int) -> Double {
        Double(pairs.flatMap(\.guessed).reduce(0) { $0 + count($1) })
    }

    private static func share(_ pairs: [SpeculationPair]) -> Double {
        sum(pairs) { $0.acceptedTokens } / max(sum(pairs) { $0.draftedTokens }, 1)
    }

    private static func guessesPerToken(_ pairs: [SpeculationPair]) -> Double {
        sum(pairs) { $0.draftedTokens } / max(sum(pairs) { $0.outputs.values.reduce(0) { $0 + $1.count } }, 1)
    }

    /// Tokens that one request gets in one step, on average.
    private static func tokensPerStep(_ pairs: [SpeculationPair], _ concurrency: Int) -> Double {
        sum(pairs) { $0.tokensInDecodePhase } / max(sum(pairs) { $0.stepsInDecodePhase * concurrency }, 1)
    }

    func line(_ concurrency: Int) -> String {
        guard let pairs = results.last(where: { $0.concurrency == concurrency })?.pairs else { return "" }
        let speedup = PairedRatio(pairs.map(\.speedup))
        return "\(concurrency) at once: \(speedup); \(rounded(100 * Self.share(pairs))) % of the guesses right"
    }

    var table: String {
        var lines = [
            "| requests | plain tokens/s | guessed tokens/s | speed-up, 95 % interval | guesses right | tokens a step |",
            "|---|---|---|---|---|---|",
        ]
        for (concurrency, pairs) in results {
            lines.append(
                "| \(concurrency) | \(rounded(median(pairs.flatMap(\.plain).map(\.decodeTokensPerSecond))))"
                    + " | \(rounded(median(pairs.flatMap(\.guessed).map(\.decodeTokensPerSecond))))"
                    + " | \(PairedRatio(pairs.map(\.speedup))) | \(rounded(100 * Self.share(pairs))) %"
                    + " | \(rounded(Self.tokensPerStep(pairs, concurrency))) |")
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
            writer.field("answers", workload.answers.rawValue)
            writer.field("temperature", Double(workload.temperature))
            writer.field("prompt_tokens", workload.promptTokens)
            writer.field("output_tokens", workload.outputTokens)
            writer.key("results")
            writer.array { writer in for result in results { write(result, &writer) } }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ result: (concurrency: Int, pairs: [SpeculationPair]), _ writer: inout JSONWriter) {
        let (concurrency, pairs) = result
        writer.object { writer in
            writer.field("concurrency", concurrency)
            writer.field("plain_tokens_per_second", median(pairs.flatMap(\.plain).map(\.decodeTokensPerSecond)))
            writer.field("guessed_tokens_per_second", median(pairs.flatMap(\.guessed).map(\.decodeTokensPerSecond)))
            let speedup = PairedRatio(pairs.map(\.speedup))
            writer.field("speedup", speedup.median)
            writer.key("interval")
            writer.array { writer in
                writer.number(speedup.interval.lowerBound)
                writer.number(speedup.interval.upperBound)
            }
            writer.field("guesses_per_token", Self.guessesPerToken(pairs))
            writer.field("share_of_guesses_right", Self.share(pairs))
            writer.field("tokens_per_step", Self.tokensPerStep(pairs, concurrency))
            writer.key("speedups")
            writer.array { writer in for turn in pairs { writer.number(turn.speedup) } }
        }
    }
}
