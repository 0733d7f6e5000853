// EngineOptions+Arguments.swift — the engine's flags, shared by every command that runs one.
// Console.

package import Engine
import Kernels

extension EngineOptions {
    package static let definitions: [OptionDefinition] = [
        OptionDefinition("--model", "PATH_OR_NAME", "a Hugging Face folder, a .gguf file, or a name under Models/"),
        OptionDefinition("--threads", "N", "kernel threads (default: physical cores)"),
        OptionDefinition("--max-model-len", "N", "longest prompt plus output, in tokens"),
        OptionDefinition("--kv-cache-memory", "SIZE", "hard ceiling of the KV cache: bytes, 512MiB, 2G (as 2GiB), 2GB"),
        OptionDefinition("--kv-cache-dtype", "f16|f32|int8", "how keys and values are stored (default: f16)"),
        OptionDefinition("--block-size", "N", "tokens per KV block (default: 16)"),
        OptionDefinition("--max-num-seqs", "N", "requests computed together (default: 64)"),
        OptionDefinition("--max-num-batched-tokens", "N", "rows computed in one step (default: 512)"),
        OptionDefinition("--prefill-beside-decode", "N", "prompt rows in a step that also decodes (default: 128)"),
        OptionDefinition("--max-waiting", "N", "requests that may wait before new ones get 503 (default: 256)"),
        OptionDefinition("--no-prefix-caching", nil, "compute every prompt from its beginning"),
        OptionDefinition("--speculative", "off|lookup|suffix", "guess tokens from the text so far (default: off)"),
        OptionDefinition(
            "--draft-model", "PATH_OR_NAME", "guess tokens with this smaller model of the same tokenizer"),
        OptionDefinition(
            "--speculative-acceptance", "RULE", "invariant (default): the same text as without; or rejection"),
        OptionDefinition("--draft-tokens", "N", "guesses for one request in one step, at most (default: 8)"),
        OptionDefinition("--draft-always", nil, "compute so many guesses in every step, whether that pays or not"),
        OptionDefinition("--numerics", "MODE", "reproducible (default), or fast: f32 weights by OpenBLAS"),
        OptionDefinition("--kernels", "SET", "amx, avx512, avx2 or portable (default: the best this CPU has)"),
    ]

    /// Without those that only tell what several requests do to each other.
    package static let definitionsForOneRequest = definitions.filter {
        !["--max-num-seqs", "--prefill-beside-decode", "--max-waiting"].contains($0.name)
    }

    package init(_ arguments: Arguments) throws {
        self.init()
        threadCount = try arguments.integer("--threads", in: 1...256)
        maxModelLength = try arguments.integer("--max-model-len", in: 1...(1 << 24))
        kvCacheBytes = try arguments.byteCount("--kv-cache-memory")
        kvCacheType = try arguments.choice("--kv-cache-dtype", CacheType.allCases.map { ("\($0)", $0) }) ?? kvCacheType
        tokensPerBlock =
            try arguments.choice("--block-size", KVLayer.supportedTokensPerBlock.map { ("\($0)", $0) })
            ?? tokensPerBlock
        maxRunningCount = try arguments.integer("--max-num-seqs", in: 1...4096) ?? maxRunningCount
        maxBatchedTokens = try arguments.integer("--max-num-batched-tokens", in: 1...65_536) ?? maxBatchedTokens
        prefillTokensBesideDecode =
            try arguments.integer("--prefill-beside-decode", in: 1...65_536) ?? prefillTokensBesideDecode
        maxWaitingCount = try arguments.integer("--max-waiting", in: 1...100_000) ?? maxWaitingCount
        sharesPrefixes = !arguments.has("--no-prefix-caching")
        speculation.drafter =
            try arguments.choice("--speculative", [("off", nil), ("lookup", .lookup), ("suffix", .suffix)])
            ?? speculation.drafter
        if arguments["--draft-model"] != nil, arguments["--speculative"] != nil {
            throw UsageError("--draft-model and --speculative both say who guesses: give one of them")
        }
        speculation.acceptance =
            try arguments.choice("--speculative-acceptance", [("invariant", .invariant), ("rejection", .rejection)])
            ?? speculation.acceptance
        speculation.maxDraftCount = try arguments.integer("--draft-tokens", in: 1...32) ?? speculation.maxDraftCount
        speculation.isAdaptive = !arguments.has("--draft-always")
        numerics =
            try arguments.choice("--numerics", [("reproducible", .reproducible), ("fast", .fast)]) ?? numerics
        if numerics == .fast {
            do {
                try OpenBLAS.load()
            } catch {
                Output.note("warning: \(error)")
            }
        }
        if let name = arguments["--kernels"] {
            guard let set = KernelSet.named(name) else {
                let names = KernelSet.available.map(\.description).joined(separator: ", ")
                throw UsageError("--kernels \(name): this CPU runs \(names)")
            }
            kernels = set
        }
    }
}
