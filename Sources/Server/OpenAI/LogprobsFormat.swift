// LogprobsFormat.swift — log-probabilities in JSON, in the shapes of both completion routes.
// Server › OpenAI.  openai-openapi: ChatCompletionTokenLogprob and CreateCompletionResponse.choices.logprobs.

import Base
import Sampling

/// Names tokens and writes the `logprobs` member of a choice.
package struct LogprobsFormat: Sendable {
    private let codec: any TextCodec
    /// Each token's id beside its text, and whether it was guessed ahead (`token_details`): members of our own, which
    /// nobody gets who has not asked.
    private let tellsDetails: Bool

    package init(codec: any TextCodec, tellsDetails: Bool = false) {
        self.codec = codec
        self.tellsDetails = tellsDetails
    }

    /// What JSON has no number for is written as OpenAI writes the all but impossible.
    private static let impossible: Float = -9999

    // MARK: - Chat

    /// `{"content": [{token, logprob, bytes, top_logprobs}], "refusal": null}`
    func writeChat(_ entries: [LogprobsEntry], to json: inout JSONWriter) {
        json.object { json in
            json.key("content")
            json.array { json in
                for entry in entries {
                    guard let logprobs = entry.logprobs else { continue }
                    json.object { json in
                        writeMembers(logprobs.chosen, to: &json)
                        if tellsDetails { json.field("drafted", entry.isGuessed) }
                        json.key("top_logprobs")
                        json.array { json in
                            for other in logprobs.top { json.object { writeMembers(other, to: &$0) } }
                        }
                    }
                }
            }
            json.nullField("refusal")
        }
    }

    /// A token that is no whole character has U+FFFD in `token`; `bytes` are always its own.
    private func writeMembers(_ entry: TokenLogprob, to json: inout JSONWriter) {
        let spelling = codec.spelling(of: entry.token)
        json.field("token", utf8: spelling)
        json.field("logprob", finite(entry.logprob))
        json.key("bytes")
        json.array { json in
            for byte in spelling { json.integer(Int(byte)) }
        }
        if tellsDetails { json.field("token_id", entry.token.index) }
    }

    // MARK: - Text

    /// Four arrays of equal length, or six with details; in `top_logprobs` the chosen token stands beside the likeliest.
    func writeText(_ entries: [LogprobsEntry], to json: inout JSONWriter) {
        json.object { json in
            json.key("text_offset")
            json.array { json in
                for entry in entries { json.integer(entry.textOffset) }
            }
            json.key("token_logprobs")
            json.array { json in
                for entry in entries {
                    if let logprobs = entry.logprobs {
                        json.number(finite(logprobs.chosen.logprob))
                    } else {
                        json.null()
                    }
                }
            }
            json.key("tokens")
            json.array { json in
                for entry in entries { json.string(utf8: name(entry.token)) }
            }
            json.key("top_logprobs")
            json.array { json in
                for entry in entries {
                    if let logprobs = entry.logprobs { writeTop(logprobs, to: &json) } else { json.null() }
                }
            }
            guard tellsDetails else { return }
            json.key("token_ids")
            json.array { json in
                for entry in entries { json.integer(entry.token.index) }
            }
            json.key("drafted")
            json.array { json in
                for entry in entries { json.bool(entry.isGuessed) }
            }
        }
    }

    private func writeTop(_ logprobs: TokenLogprobs, to json: inout JSONWriter) {
        var tokens = logprobs.top
        if !tokens.contains(where: { $0.token == logprobs.chosen.token }) { tokens.append(logprobs.chosen) }
        var seen = Set<[UInt8]>()
        json.object { json in
            // Two tokens may be spelt alike; the likelier one comes first.
            for entry in tokens {
                let name = name(entry.token)
                guard seen.insert(name).inserted else { continue }
                json.key(String(decoding: name, as: UTF8.self))
                json.number(finite(entry.logprob))
            }
        }
    }

    /// A token that is no whole character is written as its bytes: `bytes:\xe2\x80`.
    private func name(_ token: TokenID) -> [UInt8] {
        let spelling = codec.spelling(of: token)
        guard String(validating: spelling, as: UTF8.self) == nil else { return spelling }
        var text = "bytes:"
        for byte in spelling { text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16) }
        return Array(text.utf8)
    }

    private func finite(_ logprob: Float) -> Float { logprob.isFinite ? logprob : Self.impossible }
}
