// SamplingParameters.swift — what a request asks of the sampler.
// Sampling.  Ranges are checked where numbers enter (Server, command line); `validate` is the one list of them.

package import Base

/// How the next token is chosen from the logits. Steps and their order: `LogitsPipeline`.
package struct SamplingParameters: Sendable, Equatable {
    /// 0 is greedy: the largest logit after bias and penalties, the lowest id among equals.
    package var temperature: Float = 1
    /// Keep the smallest set of tokens whose probabilities reach this sum. 1 keeps all.
    package var topP: Float = 1
    /// Keep this many tokens with the largest logits. 0 keeps all.
    package var topK: Int = 0
    /// Drop tokens less likely than this share of the likeliest. 0 keeps all.
    package var minP: Float = 0
    /// Names the noise; the same seed gives the same tokens, whatever else the server is doing.
    package var seed: UInt64 = 0
    /// Which of several answers to one prompt this is; each draws its own noise from one seed.
    package var choice: UInt32 = 0
    /// Subtracted once per earlier occurrence of a token in the output.
    package var frequencyPenalty: Float = 0
    /// Subtracted once if a token occurs in the output.
    package var presencePenalty: Float = 0
    /// Divides positive and multiplies negative logits of tokens in prompt or output. 1 changes nothing.
    package var repetitionPenalty: Float = 1
    /// Added to the logits of these tokens.
    package var logitBias: [LogitBias] = []

    package init() {}

    package static let greedy: SamplingParameters = {
        var parameters = SamplingParameters()
        parameters.temperature = 0
        return parameters
    }()

    package var isGreedy: Bool { temperature == 0 }
}

/// One token's additive bias.
package struct LogitBias: Sendable, Equatable {
    package let token: TokenID
    package let bias: Float

    package init(token: TokenID, bias: Float) {
        self.token = token
        self.bias = bias
    }
}

/// A parameter outside its range, in words a caller can show.
package struct SamplingParameterError: Error, Equatable {
    /// The wire name, e.g. `top_p`.
    package let parameter: String
    package let message: String
}

extension SamplingParameters {
    /// Checks every range; the limits are OpenAI's where OpenAI has the parameter.
    package func validate() throws(SamplingParameterError) {
        func require(_ holds: Bool, _ name: String, _ range: String) throws(SamplingParameterError) {
            if !holds { throw SamplingParameterError(parameter: name, message: "'\(name)' must be \(range)") }
        }
        try require(temperature >= 0 && temperature <= 2, "temperature", "between 0 and 2")
        try require(topP > 0 && topP <= 1, "top_p", "above 0 and at most 1")
        try require(topK >= 0 && topK <= 1_000_000, "top_k", "between 0 (off) and 1000000")
        try require(minP >= 0 && minP <= 1, "min_p", "between 0 and 1")
        try require(abs(frequencyPenalty) <= 2, "frequency_penalty", "between -2 and 2")
        try require(abs(presencePenalty) <= 2, "presence_penalty", "between -2 and 2")
        try require(repetitionPenalty > 0 && repetitionPenalty <= 10, "repetition_penalty", "above 0 and at most 10")
        try require(logitBias.count <= 1024, "logit_bias", "at most 1024 entries")
        for entry in logitBias { try require(abs(entry.bias) <= 100, "logit_bias", "between -100 and 100") }
    }
}
