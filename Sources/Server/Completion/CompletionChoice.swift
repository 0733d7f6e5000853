// CompletionChoice.swift — one choice of an answer: its engine request, and what of its text was collected or sent.
// Server › Completion.

import Base
import Engine
import Network

/// What stands in front of a choice's own text when its prompt is echoed.
struct PromptEcho: Sendable {
    var text: [UInt8]
    /// Of every token of the prompt; nil where they were not asked for.
    var logprobs: [LogprobsEntry]?

    /// - Parameter given: the prompt as the client wrote it; nil where it sent token ids.
    init(_ tokens: [TokenID], given: [UInt8]?, codec: any TextCodec) {
        text = given ?? Self.pieces(tokens, codec).flatMap(\.text)
    }

    /// Adds what the engine says of the tokens.
    mutating func add(_ scores: RequestEvent, _ tokens: [TokenID], codec: any TextCodec) {
        var offset = 0
        var entries: [LogprobsEntry] = []
        let length = text.scalarCount
        for (index, piece) in Self.pieces(tokens, codec).dropLast().enumerated() {
            let score = index > 0 && index <= scores.promptLogprobs.count ? scores.promptLogprobs[index - 1] : nil
            // A normaliser may have changed the text's length: an offset never leaves the text that is shown.
            let start = min(offset + (piece.breaksCharacter ? 1 : 0), length)
            entries.append(LogprobsEntry(token: tokens[index], logprobs: score, textOffset: start))
            offset += piece.text.scalarCount
        }
        logprobs = entries
    }

    /// The text each token adds, and what is left at the end. The token that only begins a sequence adds none.
    private static func pieces(
        _ tokens: [TokenID], _ codec: any TextCodec
    ) -> [(text: [UInt8], breaksCharacter: Bool)] {
        var detokenizer = codec.makePromptDetokenizer()
        let begins = tokens.first != nil && tokens.first == codec.beginningOfSequence
        var pieces = tokens.enumerated().map { place, token in
            let breaksCharacter = detokenizer.breaksCharacter(token)
            return (place == 0 && begins ? [] : detokenizer.push(token), breaksCharacter)
        }
        pieces.append((detokenizer.finish(), false))
        return pieces
    }
}

/// One choice at work.
struct CompletionChoice: Sendable {
    let request: RequestID
    /// Which of the request's prompts it continues.
    let prompt: Int
    var session: CompletionSession
    var completion: CompletionSession.Completion?
    var lastTokenNanoseconds: UInt64 = 0

    /// Whole answers only: a stream keeps nothing that was sent.
    private(set) var text: [UInt8] = []
    private(set) var logprobs: [LogprobsEntry] = []
    private var hasBegun = false
    /// Scalars of the echoed prompt: where the choice's own text begins.
    private var textOffset = 0

    init(request: RequestID, prompt: Int, session: CompletionSession) {
        self.request = request
        self.prompt = prompt
        self.session = session
    }

    /// For a whole answer.
    mutating func collect(_ outcome: CompletionSession.Outcome, echo: PromptEcho?) {
        if !hasBegun { begin(echo) }
        text += outcome.text
        logprobs += moved(outcome.logprobs)
    }

    /// For a stream: the events that tell `outcome`.
    mutating func frames(
        _ outcome: CompletionSession.Outcome, index: Int, echo: PromptEcho?, format: CompletionFormat
    ) -> [UInt8] {
        guard !outcome.text.isEmpty || !outcome.logprobs.isEmpty || outcome.completion != nil else { return [] }
        var frames: [[UInt8]] = []
        if !hasBegun {
            begin(echo)
            if let role = format.roleChunk(choice: index) { frames.append(role) }
            if echo != nil { frames.append(format.textChunk(choice: index, text, logprobs: logprobs)) }
            (text, logprobs) = ([], [])
        }
        if !outcome.text.isEmpty || !outcome.logprobs.isEmpty {
            frames.append(format.textChunk(choice: index, outcome.text, logprobs: moved(outcome.logprobs)))
        }
        if let completion = outcome.completion {
            frames.append(format.finishChunk(choice: index, completion.finishReason))
        }
        return frames.flatMap(ServerSentEvents.data)
    }

    private mutating func begin(_ echo: PromptEcho?) {
        hasBegun = true
        guard let echo else { return }
        text = echo.text
        logprobs = echo.logprobs ?? []
        textOffset = echo.text.scalarCount
    }

    private func moved(_ entries: [LogprobsEntry]) -> [LogprobsEntry] {
        guard textOffset > 0 else { return entries }
        return entries.map { entry in
            var entry = entry
            entry.textOffset += textOffset
            return entry
        }
    }
}

extension CompletionSession.Completion {
    /// Of a choice that ended well; the other endings never reach a client as a finish reason.
    var finishReason: CompletionFormat.FinishReason { ending == .stop ? .stop : .length }
}
