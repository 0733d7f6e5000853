// Limits.swift — every cap on what a client may ask, in one table.
// Server.  Errors name these numbers.

/// One cap: its wire name, its value, and what it counts.
package struct Limit: Sendable {
    package let name: String
    package let value: Int
    package let meaning: String

    init(_ name: String, _ value: Int, _ meaning: String) {
        self.name = name
        self.value = value
        self.meaning = meaning
    }
}

/// The table. Ranges of sampling parameters stand in `SamplingParameters.validate`; sizes the model sets (context,
/// vocabulary) come with the model.
package enum Limits {
    package static let bodyBytes = Limit("body", 8 << 20, "bytes of a request body")
    package static let nesting = Limit("nesting", 32, "levels of arrays and objects in a request body")
    package static let messages = Limit("messages", 2048, "messages of a conversation")
    package static let contentParts = Limit("content", 256, "text parts of one message")
    package static let prompts = Limit("prompt", 64, "prompts of one completions request")
    package static let choices = Limit("n", 16, "choices for each prompt")
    package static let sequences = Limit("prompts × n", 64, "sequences generated for one request")
    package static let stopStrings = Limit("stop", 4, "stop strings")
    package static let stopBytes = Limit("stop", 1024, "bytes of one stop string")
    package static let guidedChoices = Limit("structured_outputs.choice", 1024, "texts to choose from")
    package static let guidedChoiceBytes = Limit("structured_outputs.choice", 4096, "bytes of one text")
    package static let guidedChoiceTotal = Limit("structured_outputs.choice", 128 << 10, "bytes of all texts")
    package static let stopTokens = Limit("stop_token_ids", 64, "stop token ids")
    package static let topLogprobs = Limit("top_logprobs", 20, "likeliest tokens told with each token")
    package static let cacheSaltBytes = Limit("cache_salt", 256, "bytes of a cache salt")
    package static let logitBias = Limit("logit_bias", 1024, "entries")
    package static let outputTokens = Limit("max_tokens", 1 << 24, "tokens asked for; the context is the real limit")
    package static let embeddingInputs = Limit("input", 2048, "texts of one embeddings request")
    package static let embeddingTokens = Limit("input", 1 << 16, "tokens of one embeddings request")
    package static let embeddingQueue = Limit("embeddings", 64, "embeddings requests that are open at once")
    package static let searchBytes = Limit("q", 4096, "bytes of a search")
    package static let searchHits = Limit("top", 200, "hits of one search")
    package static let rerankQueryBytes = Limit("query", 4096, "bytes of the question of a rerank request")
    package static let rerankDocuments = Limit("documents", 1000, "texts of one rerank request")
    package static let longBodies = Limit(
        "long bodies", 64, "requests longer than 16 KiB that are read or wait for it at once")
    package static let searchQueue = Limit("searches", 64, "searches that wait at once")
    package static let onlookers = Limit("engine", 32, "requests for a look at the engine that wait at once")
    package static let questionBytes = Limit("question", 2000, "bytes of a question to be explained")
    package static let turns = Limit("messages", 32, "messages of a conversation before a question")
    package static let explainQueue = Limit("explanations", 64, "questions that wait for their evidence at once")
    package static let requestLineBytes = Limit("request line", 8 << 10, "bytes of method, target and version")
    package static let headerBytes = Limit("headers", 32 << 10, "bytes of all header fields")
    package static let headerCount = Limit("headers", 100, "header fields")
    package static let requestIDBytes = Limit("x-request-id", 128, "bytes of a client's request id")

    /// In the order of the README's table.
    package static let all = [
        bodyBytes, nesting, messages, contentParts, prompts, choices, sequences, stopStrings, stopBytes, stopTokens,
        guidedChoices, guidedChoiceBytes, guidedChoiceTotal, topLogprobs, cacheSaltBytes, logitBias, outputTokens,
        embeddingInputs, embeddingTokens, embeddingQueue, searchBytes, searchHits, rerankQueryBytes, rerankDocuments,
        searchQueue, onlookers, questionBytes, turns, explainQueue, longBodies, requestLineBytes, headerBytes,
        headerCount, requestIDBytes,
    ]

    /// Prompts longer than this are tokenised on a worker thread, so that other streams keep flowing.
    static let offloadBytes = 16 << 10
    /// Client text repeated in an error message is cut to this many characters.
    static let quotedCharacters = 64
}
