// CompletionStream.swift — what a streamed answer said, and when.
// LoadGeneration › Stream.  OpenAI's chat.completion.chunk and text_completion objects, and the fields other servers add.

import Base

/// Token counts as the server reports them; nil where it says nothing.
package struct ReportedUsage: Sendable, Equatable {
    package var promptTokens: Int?
    package var outputTokens: Int?
    package var cachedTokens: Int?
    /// Tokens guessed ahead, and those of them that were right.
    package var draftTokens: Int?
    package var acceptedTokens: Int?

    package init() {}
}

/// Reads one response, piece by piece. Every text chunk is stamped with the time at which its bytes arrived.
package struct CompletionStream: Sendable {
    package private(set) var chunkNanoseconds: [UInt64] = []
    /// The last event that carried text or the reason for the end.
    package private(set) var lastNanoseconds: UInt64 = 0
    package private(set) var text: [UInt8] = []
    package private(set) var usage = ReportedUsage()
    package private(set) var finishReason: String?
    /// `[DONE]` has come.
    package private(set) var isDone = false
    /// The server's own words, when it reports an error inside the stream.
    package private(set) var errorMessage: String?
    /// An event that is not JSON, or too large.
    package private(set) var isMalformed = false

    private var parser = EventStreamParser()

    package init() {}

    /// Whether the answer came to a proper end.
    package var isComplete: Bool { !isMalformed && errorMessage == nil && (isDone || finishReason != nil) }

    package mutating func receive(_ bytes: some Sequence<UInt8>, at nanoseconds: UInt64) {
        var events: [[UInt8]] = []
        do {
            try parser.receive(bytes) { events.append($0) }
        } catch {
            isMalformed = true
        }
        for event in events { read(event, at: nanoseconds) }
    }

    private mutating func read(_ event: [UInt8], at nanoseconds: UInt64) {
        if event.elementsEqual("[DONE]".utf8) {
            isDone = true
            return
        }
        guard let json = try? JSON.parse(event), json.kind == .object else {
            isMalformed = true
            return
        }
        if let error = json["error"], !error.isNull {
            errorMessage = error["message"]?.string ?? error.string ?? "an error without a message"
        }
        for choice in (json["choices"] ?? json).elements { read(choice, at: nanoseconds) }
        if let usage = json["usage"] { readUsage(usage) }
        // llama.cpp's `timings`: how much of the draft was right.
        if let timings = json["timings"] {
            usage.draftTokens = timings["draft_n"]?.integer ?? usage.draftTokens
            usage.acceptedTokens = timings["draft_n_accepted"]?.integer ?? usage.acceptedTokens
            usage.cachedTokens = usage.cachedTokens ?? timings["cache_n"]?.integer
        }
    }

    private mutating func read(_ choice: JSON, at nanoseconds: UInt64) {
        // A chunk that only names the role is not a token: it must not count as the first one.
        let delta = choice["delta"]
        let pieces = [choice["text"], delta?["content"], delta?["reasoning_content"], delta?["reasoning"]]
        let piece = pieces.compactMap { $0?.utf8 }.reduce([], +)
        if !piece.isEmpty {
            chunkNanoseconds.append(nanoseconds)
            text += piece
            lastNanoseconds = nanoseconds
        }
        if let reason = choice["finish_reason"]?.string {
            finishReason = reason
            lastNanoseconds = nanoseconds
        }
    }

    private mutating func readUsage(_ reported: JSON) {
        guard reported.kind == .object else { return }
        usage.promptTokens = reported["prompt_tokens"]?.integer ?? usage.promptTokens
        usage.outputTokens = reported["completion_tokens"]?.integer ?? usage.outputTokens
        usage.cachedTokens = reported["prompt_tokens_details"]?["cached_tokens"]?.integer ?? usage.cachedTokens
        let details = reported["completion_tokens_details"]
        if let accepted = details?["accepted_prediction_tokens"]?.integer,
            let rejected = details?["rejected_prediction_tokens"]?.integer, accepted >= 0, rejected >= 0
        {
            usage.acceptedTokens = accepted
            usage.draftTokens = accepted.addingReportingOverflow(rejected).partialValue
        }
    }
}
