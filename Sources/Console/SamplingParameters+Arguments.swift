// SamplingParameters+Arguments.swift — the sampler's flags.
// Console.

package import Sampling

extension SamplingParameters {
    package static let definitions: [OptionDefinition] = [
        OptionDefinition("--temperature", "T", "0 is greedy (default: the model's own, else 1)"),
        OptionDefinition("--top-p", "P", "keep the likeliest tokens that together reach P"),
        OptionDefinition("--top-k", "K", "keep the K likeliest tokens"),
        OptionDefinition("--min-p", "P", "drop tokens less likely than P times the likeliest"),
        OptionDefinition("--repetition-penalty", "R", "above 1: tokens seen before become less likely (default: 1)"),
        OptionDefinition("--seed", "S", "the same seed gives the same text (default: random)"),
    ]

    /// Overrides what the user named.
    package mutating func apply(_ arguments: Arguments) throws {
        temperature = try arguments.number("--temperature") ?? temperature
        topP = try arguments.number("--top-p") ?? topP
        topK = try arguments.integer("--top-k", in: 0...1_000_000) ?? topK
        minP = try arguments.number("--min-p") ?? minP
        repetitionPenalty = try arguments.number("--repetition-penalty") ?? repetitionPenalty
        seed = try arguments.seed("--seed") ?? .random(in: 0 ... .max)
        do throws(SamplingParameterError) {
            try validate()
        } catch {
            throw UsageError(error.message)
        }
    }
}
