// Usage.swift — what a request is billed for.
// Server › OpenAI.

package import Base

/// OpenAI's `usage`. A prompt counts once, however many choices continue it.
package struct Usage: Sendable, Equatable {
    package var promptTokens = 0
    package var completionTokens = 0
    /// Prompt tokens that came from the prefix cache.
    package var cachedTokens = 0
    /// Output tokens that were guessed ahead, and those of them that came true. Nobody is billed for a guess.
    package var draftedTokens = 0
    package var acceptedTokens = 0

    package init(promptTokens: Int = 0, completionTokens: Int = 0, cachedTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("prompt_tokens", promptTokens)
            json.field("completion_tokens", completionTokens)
            json.field("total_tokens", promptTokens + completionTokens)
            json.key("prompt_tokens_details")
            json.object { $0.field("cached_tokens", cachedTokens) }
            guard draftedTokens > 0 else { return }
            json.key("completion_tokens_details")
            json.object { json in
                json.field("accepted_prediction_tokens", acceptedTokens)
                json.field("rejected_prediction_tokens", draftedTokens - acceptedTokens)
            }
        }
    }
}
