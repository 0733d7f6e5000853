// GenerateCommand.swift — continues one prompt on the terminal.
// swiftlet › Commands.  Drives the engine's core directly: no server, no second thread.

import Base
import Console
import Engine
import Sampling
import Server
import Tokenization
import Transformer

/// The engine could not go on; nothing that the user typed is to blame.
private struct GenerationFailure: Error, CustomStringConvertible {
    let description: String
}

enum GenerateCommand: Command {
    static let name = "generate"
    static let summary = "continue a prompt"
    private static let ownOptions = [
        OptionDefinition("--prompt", "TEXT", "the text to continue; an empty one begins a new text"),
        OptionDefinition("--prompt-file", "FILE", "read the text from a file"),
        OptionDefinition(
            "--max-tokens", "N",
            "stop after N tokens (default: when the model ends its text, or its context is full)"),
        OptionDefinition("--stop", "TEXT", "stop before this text, which is not printed"),
        OptionDefinition("--ignore-eos", nil, "go on past the model's end token"),
        OptionDefinition("--json", nil, "print one JSON document instead of the text"),
    ]
    static let options = ownOptions + SamplingParameters.definitions + EngineOptions.definitionsForOneRequest
    static let sections = [
        OptionSection("The text", ownOptions), OptionSection("Choosing tokens", SamplingParameters.definitions),
        OptionSection("The model and its memory", EngineOptions.definitionsForOneRequest),
    ]
    static let notes = """
        examples
          swiftlet generate --prompt "Once upon a time" --max-tokens 60
          swiftlet generate --model path/to/model.gguf --prompt-file question.txt --temperature 0 --json
        """

    static func run(_ arguments: Arguments) throws {
        let prompt = try prompt(arguments)
        let maxTokens = try arguments.integer("--max-tokens", in: 1...(1 << 24))
        let started = MonotonicTime().nanoseconds()
        let (model, checkpoint) = try LoadedModel.open(arguments["--model"])
        var sampling = model.defaults
        try sampling.apply(arguments)

        var tokens = model.tokenizer.encode(prompt, addSpecialTokens: true, parseSpecialTokens: true)
        if tokens.isEmpty, let beginning = model.tokenizer.beginningOfSequence { tokens = [beginning] }
        var options = try EngineOptions(arguments)
        if let maxTokens, tokens.count + maxTokens > model.configuration.maxPositionCount {
            // Asked for by number, so it is given, with a warning.
            options.maxModelLength = options.maxModelLength ?? tokens.count + maxTokens
        }
        let draft = try model.openDraft(arguments["--draft-model"])
        let plan = try EnginePlan(model.configuration, options, draft: draft?.configuration)
        let core = try plan.makeCore(reportingUnused: checkpoint, draft: draft)
        let request = GenerationRequest(
            id: RequestID(1), promptTokens: tokens, sampling: sampling,
            maxOutputTokens: maxTokens ?? max(1, core.configuration.maxModelLength - tokens.count),
            stopTokens: arguments.has("--ignore-eos") ? [] : model.tokenizer.endOfSequence)
        do throws(SubmissionError) {
            try core.limits(kvCacheBytes: plan.kvCacheBytes).check(request)
        } catch {
            throw UsageError("\(error)")
        }

        let loaded = MonotonicTime().nanoseconds()
        core.submit(request)
        var answer = Answer(
            detokenizer: model.tokenizer.makeDetokenizer(
                skipSpecialTokens: true, isContinuation: tokens.contains { !model.tokenizer.isSpecial($0) }),
            stopStrings: StopStrings(arguments["--stop"].map { [Array($0.utf8)] } ?? []))
        let streams = !arguments.has("--json")
        while answer.summary == nil, core.step() {
            let text = answer.receive(core.takeEvents())
            if streams { Output.write(text) }
            if answer.isStopped && answer.summary == nil {
                core.cancel(request.id)
                _ = answer.receive(core.takeEvents())
            }
        }
        guard let summary = answer.summary else { preconditionFailure("the engine stopped without finishing") }
        if case .failed(let reason) = summary.reason {
            throw GenerationFailure(description: "\(model.path): \(reason)")
        }
        if streams {
            Output.line("")
        } else {
            Output.line(json(answer, summary, loadNanoseconds: loaded - started))
        }
    }

    private static func prompt(_ arguments: Arguments) throws -> [UInt8] {
        guard arguments.positionals.isEmpty else {
            throw UsageError("unexpected '\(arguments.positionals[0])'; the text goes after --prompt, in quotes")
        }
        switch (arguments["--prompt"], arguments["--prompt-file"]) {
        case (let text?, nil): return Array(text.utf8)
        case (nil, let path?): return try ReadFile.bytes(path, limit: 64 << 20)
        default: throw UsageError("give one of --prompt and --prompt-file")
        }
    }

    /// What has been generated so far.
    private struct Answer {
        var detokenizer: StreamingDetokenizer
        var stopStrings: StopStrings
        var text: [UInt8] = []
        var tokens: [TokenID] = []
        var summary: RequestSummary?

        /// The stop string is complete; what the engine still has to say is only its account.
        var isStopped: Bool { stopStrings.isMatched }

        /// - Returns: the new text.
        mutating func receive(_ events: [RequestEvent]) -> [UInt8] {
            var new: [UInt8] = []
            for event in events {
                switch event.kind {
                case .tokens(let more):
                    for token in more where !isStopped {
                        tokens.append(token)
                        new += stopStrings.push(detokenizer.push(token)).released
                    }
                case .finished(let summary):
                    if !isStopped { new += stopStrings.push(detokenizer.finish()).released + stopStrings.finish() }
                    self.summary = summary
                }
            }
            text += new
            return new
        }
    }

    private static func json(_ answer: Answer, _ summary: RequestSummary, loadNanoseconds: UInt64) -> String {
        func milliseconds(_ from: UInt64, _ to: UInt64) -> Double { Double(to - from) / 1e6 }
        let timings = summary.timings
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("text", utf8: answer.text)
            writer.key("token_ids")
            writer.array { writer in for token in answer.tokens { writer.integer(token.index) } }
            writer.field("finish_reason", summary.reason == .length && !answer.isStopped ? "length" : "stop")
            writer.key("usage")
            writer.object { writer in
                writer.field("prompt_tokens", summary.promptTokenCount)
                writer.field(
                    "completion_tokens", answer.isStopped ? answer.tokens.count : summary.outputTokenCount)
                writer.field("cached_tokens", summary.cachedTokenCount)
                if summary.draftedTokenCount > 0 {
                    writer.key("completion_tokens_details")
                    writer.object { writer in
                        writer.field("accepted_prediction_tokens", summary.acceptedTokenCount)
                        writer.field(
                            "rejected_prediction_tokens", summary.draftedTokenCount - summary.acceptedTokenCount)
                    }
                }
            }
            writer.key("timings")
            writer.object { writer in
                writer.field("load_ms", Double(loadNanoseconds) / 1e6)
                writer.field(
                    "time_to_first_token_ms", milliseconds(timings.arrivalNanoseconds, timings.firstTokenNanoseconds))
                writer.field("decode_ms", milliseconds(timings.firstTokenNanoseconds, timings.finishedNanoseconds))
                writer.field("total_ms", milliseconds(timings.arrivalNanoseconds, timings.finishedNanoseconds))
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
