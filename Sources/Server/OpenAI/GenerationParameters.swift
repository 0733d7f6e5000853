// GenerationParameters.swift — what both completion routes take: sampling, limits, stops, streaming.
// Server › OpenAI.

package import Base
package import Sampling

/// Facts about the served model that decide whether a request is valid.
package struct RequestContext: Sendable {
    /// The model's `generation_config.json`, where a request is silent.
    package var defaults: SamplingParameters
    package var vocabularySize: Int
    /// Accept and skip fields nobody knows (`--ignore-unknown-fields`).
    package var ignoresUnknownFields: Bool

    package init(defaults: SamplingParameters, vocabularySize: Int, ignoresUnknownFields: Bool = false) {
        self.defaults = defaults
        self.vocabularySize = vocabularySize
        self.ignoresUnknownFields = ignoresUnknownFields
    }
}

/// The shared part of a request, checked.
package struct GenerationParameters: Sendable, Equatable {
    /// Nil means the one model that is served.
    package var model: String?
    /// Without seed and choice: those are set for each sequence.
    package var sampling: SamplingParameters
    /// Nil: draw one for this request.
    package var seed: UInt64?
    /// Nil: the route's default.
    package var maxTokens: Int?
    /// No stop of any kind counts before this many tokens.
    package var minTokens: Int
    package var stop: [[UInt8]]
    /// End an answer as the model's own end tokens do.
    package var stopTokens: [TokenID]
    /// The answer keeps what stopped it.
    package var includesStop: Bool
    package var choiceCount: Int
    /// How many of the likeliest tokens to tell with each token; nil: no log-probabilities at all.
    package var topLogprobs: Int?
    /// With log-probabilities: each token's id, and whether it was guessed ahead.
    package var tellsTokenDetails: Bool
    /// Lower runs first.
    package var priority: Int
    /// Divides the prefix cache further: only requests with the same salt share prefixes.
    package var cacheSalt: [UInt8]
    /// The answer is one of these texts.
    package var guidedChoice: [[UInt8]]?
    package var ignoresEndOfSequence: Bool
    package var isStreaming: Bool
    /// Ends a stream with a usage chunk.
    package var includesUsage: Bool

    static let names: Set<String> = [
        "model", "temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty",
        "repetition_penalty", "logit_bias", "seed", "max_tokens", "stop", "n", "ignore_eos", "stream",
        "stream_options", "min_tokens", "stop_token_ids", "include_stop_str_in_output", "logprobs", "priority",
        "guided_choice", "structured_outputs", "cache_salt", "token_details",
    ]

    /// - Parameter leastMaxTokens: 0 where a request may want nothing but its prompt back.
    init(_ fields: RequestFields, _ context: RequestContext, leastMaxTokens: Int = 1) throws(APIError) {
        model = try fields.string("model")
        sampling = try Self.sampling(fields, context)
        // OpenAI's seeds are signed; any 64 bits name a noise.
        seed = try fields.integer("seed", in: Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
        maxTokens = try fields.integer("max_tokens", in: leastMaxTokens...Limits.outputTokens.value)
        minTokens = try fields.integer("min_tokens", in: 0...Limits.outputTokens.value) ?? 0
        stopTokens = try Self.stopTokens(fields, context)
        includesStop = try fields.boolean("include_stop_str_in_output") ?? false
        tellsTokenDetails = try fields.boolean("token_details") ?? false
        priority = try fields.integer("priority", in: -1_000_000...1_000_000) ?? 0
        cacheSalt = try Self.cacheSalt(fields)
        stop = try Self.stop(fields)
        choiceCount = try fields.integer("n", in: 1...Limits.choices.value) ?? 1
        ignoresEndOfSequence = try fields.boolean("ignore_eos") ?? false
        isStreaming = try fields.boolean("stream") ?? false
        includesUsage = try Self.includesUsage(fields, isStreaming: isStreaming)
        guidedChoice = try GuidedChoice.read(fields)
        try checkGuidedChoice()
        if let maxTokens { try checkMinTokens(against: maxTokens) }
    }

    private func checkGuidedChoice() throws(APIError) {
        guard guidedChoice != nil else { return }
        guard !ignoresEndOfSequence else {
            throw .conflict(
                "A choice ends where one of its texts ends: 'ignore_eos' must be false.", parameter: "ignore_eos")
        }
        guard minTokens == 0 else {
            throw .conflict(
                "A choice ends where one of its texts ends: 'min_tokens' must be 0.", parameter: "min_tokens")
        }
    }

    func checkMinTokens(against maxTokens: Int) throws(APIError) {
        guard minTokens > maxTokens else { return }
        throw .conflict("'min_tokens' (\(minTokens)) is above the limit of \(maxTokens).", parameter: "min_tokens")
    }

    // MARK: - Parts

    private static func sampling(
        _ fields: RequestFields, _ context: RequestContext
    ) throws(APIError) -> SamplingParameters {
        var sampling = context.defaults
        if let value = try fields.number("temperature") { sampling.temperature = value }
        if let value = try fields.number("top_p") { sampling.topP = value }
        // -1 is vLLM's word for "off", and what its clients send.
        if let value = try fields.integer("top_k", in: -1...1_000_000) { sampling.topK = max(0, value) }
        if let value = try fields.number("min_p") { sampling.minP = value }
        if let value = try fields.number("frequency_penalty") { sampling.frequencyPenalty = value }
        if let value = try fields.number("presence_penalty") { sampling.presencePenalty = value }
        if let value = try fields.number("repetition_penalty") { sampling.repetitionPenalty = value }
        if let value = fields.value("logit_bias") { sampling.logitBias = try logitBias(value, context) }
        do { try sampling.validate() } catch { throw .sampling(error) }
        return sampling
    }

    /// `{"50256": -100}`: token ids as strings, since JSON keys are nothing else.
    private static func logitBias(_ value: JSON, _ context: RequestContext) throws(APIError) -> [LogitBias] {
        guard value.kind == .object else {
            throw .wrongType("logit_bias", expected: "an object of token ids and biases", found: value.kind)
        }
        guard value.count <= Limits.logitBias.value else {
            throw .tooMany("logit_bias", Limits.logitBias, found: value.count)
        }
        var result: [LogitBias] = []
        var seen = Set<Int>()
        for (key, bias) in value.members {
            let name = String(decoding: key, as: UTF8.self)
            guard let id = Int(name), (0..<context.vocabularySize).contains(id) else {
                throw .outOfRange(
                    "logit_bias",
                    mustBe: "keyed by token ids from 0 to \(context.vocabularySize - 1), got "
                        + "'\(quoted(key))'")
            }
            // "7" and "07" are different keys and the same token.
            guard seen.insert(id).inserted else {
                throw .conflict("Token \(id) has two biases.", parameter: "logit_bias")
            }
            guard let double = bias.double else {
                throw .wrongType("logit_bias.\(id)", expected: "a number", found: bias.kind)
            }
            result.append(LogitBias(token: TokenID(id), bias: Float(double)))
        }
        return result
    }

    private static func stop(_ fields: RequestFields) throws(APIError) -> [[UInt8]] {
        guard let value = fields.value("stop") else { return [] }
        let strings: [JSON]
        switch value.kind {
        case .string: strings = [value]
        case .array: strings = Array(value.elements)
        default: throw .wrongType("stop", expected: "a string or an array of strings", found: value.kind)
        }
        guard strings.count <= Limits.stopStrings.value else {
            throw .tooMany("stop", Limits.stopStrings, found: strings.count)
        }
        var result: [[UInt8]] = []
        for (index, string) in strings.enumerated() {
            let name = value.kind == .array ? "stop[\(index)]" : "stop"
            guard let utf8 = string.utf8 else {
                throw .wrongType(name, expected: "a string", found: string.kind)
            }
            guard !utf8.isEmpty else { throw .outOfRange(name, mustBe: "a string that is not empty") }
            guard utf8.count <= Limits.stopBytes.value else {
                throw .tooMany(name, Limits.stopBytes, found: utf8.count)
            }
            result.append(utf8)
        }
        return result
    }

    private static func cacheSalt(_ fields: RequestFields) throws(APIError) -> [UInt8] {
        guard let value = fields.value("cache_salt") else { return [] }
        guard let salt = value.utf8 else { throw .wrongType("cache_salt", expected: "a string", found: value.kind) }
        guard !salt.isEmpty else { throw .outOfRange("cache_salt", mustBe: "a string that is not empty") }
        guard salt.count <= Limits.cacheSaltBytes.value else {
            throw .tooMany("cache_salt", Limits.cacheSaltBytes, found: salt.count)
        }
        return salt
    }

    private static func stopTokens(
        _ fields: RequestFields, _ context: RequestContext
    ) throws(APIError) -> [TokenID] {
        guard let value = fields.value("stop_token_ids") else { return [] }
        guard value.kind == .array else {
            throw .wrongType("stop_token_ids", expected: "an array of token ids", found: value.kind)
        }
        guard value.count <= Limits.stopTokens.value else {
            throw .tooMany("stop_token_ids", Limits.stopTokens, found: value.count)
        }
        return try TokenID.array(value, "stop_token_ids", context)
    }

    private static func includesUsage(_ fields: RequestFields, isStreaming: Bool) throws(APIError) -> Bool {
        guard let value = fields.value("stream_options") else { return false }
        guard isStreaming else {
            throw .conflict("'stream_options' is only allowed when 'stream' is true.", parameter: "stream_options")
        }
        let options = try RequestFields(
            value, path: "stream_options.", supported: ["include_usage"],
            refused: ["include_obfuscation": .bool(false), "continuous_usage_stats": .bool(false)])
        return try options.boolean("include_usage") ?? false
    }
}

extension TokenID {
    /// An array of ids of the model's vocabulary, possibly empty.
    static func array(_ value: JSON, _ name: String, _ context: RequestContext) throws(APIError) -> [TokenID] {
        var result: [TokenID] = []
        result.reserveCapacity(value.count)
        for element in value.elements {
            guard element.kind == .number else {
                throw .wrongType("\(name)[\(result.count)]", expected: "a token id", found: element.kind)
            }
            guard let id = element.integer, (0..<context.vocabularySize).contains(id) else {
                throw .outOfRange(
                    "\(name)[\(result.count)]", mustBe: "a token id from 0 to \(context.vocabularySize - 1)")
            }
            result.append(TokenID(id))
        }
        return result
    }
}
