// RerankerLocator.swift — the rerankers that can be asked for by name.
// swiftlet › Loading.

import Base
import Console
import Embedding
import Kernels
import Retrieval
import Transformer

enum RerankerLocator {
    static let options = [
        OptionDefinition("--rerank", "NAME", "a second look at the best: none (default), maxsim, likelihood or cross"),
        OptionDefinition(
            "--language-model", "PATH_OR_NAME",
            "reads the question after a passage, for --rerank likelihood (default: the embedded one)"),
        crossEncoderOption,
    ]
    static let crossEncoderOption = OptionDefinition(
        "--cross-encoder", "DIR",
        "a BERT with a head of one score, or head and layers for the encoder: for --rerank cross")

    private static let names = ["none", "maxsim", "likelihood", "cross"]

    /// The reranker that `--rerank` names.
    ///
    /// - Throws: one line, when what it needs is missing.
    static func find(_ arguments: Arguments, embedder: EncoderEmbedder?) throws -> (any Reranker)? {
        let wanted = try arguments.choice("--rerank", names.map { ($0, $0) }) ?? "none"
        guard wanted != "none" else { return nil }
        if wanted == "likelihood" {
            return likelihood(of: try LoadedModel.open(arguments["--language-model"]).model)
        }
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
    ///
    /// - Parameter model: the language model to ask; nil for none.
    static func all(
        _ crossEncoder: String?, embedder: EncoderEmbedder?, model: LoadedModel? = nil
    ) throws -> [any Reranker] {
        var rerankers: [any Reranker] = []
        if let folder = crossEncoder {
            rerankers.append(CrossEncoderReranker(try open(ModelLocator.path(folder), embedder)))
        }
        if let embedder, let maxsim = MaxSimReranker(embedder) { rerankers.append(maxsim) }
        if let model { rerankers.append(likelihood(of: model)) }
        return rerankers
    }

    /// A folder with a config.json is a whole model; one without has parts for the encoder that makes the vectors.
    private static func open(_ folder: String, _ embedder: EncoderEmbedder?) throws -> CrossEncoder {
        guard (try? MappedFile(folder + "/config.json")) == nil else {
            return try CrossEncoder(folder: folder, pool: ThreadPool(threadCount: Machine.usableCoreCount))
        }
        guard let embedder else {
            throw UsageError(
                "--cross-encoder \(folder) has layers for an encoder, and this search has none; `make models` fetches one"
            )
        }
        return try CrossEncoder(changing: embedder, by: folder)
    }

    private static func likelihood(of model: LoadedModel) -> LikelihoodReranker {
        let path = model.path
        return LikelihoodReranker(
            tokenizer: model.tokenizer, contextLength: model.configuration.maxPositionCount,
            threadCount: Machine.usableCoreCount
        ) {
            try ModelCheckpoint(path: path)
        }
    }
}
