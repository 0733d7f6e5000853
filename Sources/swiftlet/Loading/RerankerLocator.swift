// RerankerLocator.swift — the rerankers that can be asked for by name.
// swiftlet › Loading.

import Base
import Console
import Embedding
import Kernels
import Retrieval

enum RerankerLocator {
    static let options = [
        OptionDefinition("--rerank", "NAME", "a second look at the best: none (default), maxsim or cross"),
        crossEncoderOption,
    ]
    static let crossEncoderOption = OptionDefinition(
        "--cross-encoder", "DIR", "a BERT with a classification head of one score, for --rerank cross")

    /// The reranker that `--rerank` names.
    ///
    /// - Throws: one line, when what it needs is missing.
    static func find(_ arguments: Arguments, embedder: EncoderEmbedder?) throws -> (any Reranker)? {
        let wanted = try arguments.choice("--rerank", ["none", "maxsim", "cross"].map { ($0, $0) }) ?? "none"
        guard wanted != "none" else { return nil }
        let found = try all(arguments["--cross-encoder"], embedder: embedder).first { $0.name == wanted }
        guard let found else {
            throw UsageError(
                wanted == "maxsim"
                    ? "--rerank maxsim needs an encoder; `make models` fetches one, and --encoder DIR names another"
                    : "--rerank cross needs --cross-encoder DIR")
        }
        return found
    }

    /// All that can be had, the best first.
    static func all(_ crossEncoder: String?, embedder: EncoderEmbedder?) throws -> [any Reranker] {
        var rerankers: [any Reranker] = []
        if let folder = crossEncoder {
            let pool = ThreadPool(threadCount: Machine.usableCoreCount)
            rerankers.append(CrossEncoderReranker(try CrossEncoder(folder: ModelLocator.path(folder), pool: pool)))
        }
        if let embedder, let maxsim = MaxSimReranker(embedder) { rerankers.append(maxsim) }
        return rerankers
    }
}
