// ChatCommand.swift — a conversation on the terminal.
// swiftlet › Commands.  Drives the engine's core directly; the prefix cache keeps what earlier turns computed.

import Base
import Console
import Engine
import Glibc
import Sampling
import Tokenization
import Transformer

enum ChatCommand: Command {
    static let name = "chat"
    static let summary = "talk with a model on the terminal"
    private static let ownOptions = [
        OptionDefinition("--system", "TEXT", "instructions that stand before the conversation"),
        OptionDefinition("--max-tokens", "N", "longest answer (default: the rest of the context)"),
    ]
    private static let explainOptions =
        [OptionDefinition("--explain", nil, "ask about the notes instead: answers are made of their sentences")]
        + ExplainCommand.answerOptions + [IndexLocator.option, EmbedderLocator.option]
    static let options =
        ownOptions + explainOptions + SamplingParameters.definitions + EngineOptions.definitionsForOneRequest
    static let sections = [
        OptionSection("The conversation", ownOptions), OptionSection("Answers from the notes", explainOptions),
        OptionSection("Choosing tokens", SamplingParameters.definitions),
        OptionSection("The model and its memory", EngineOptions.definitionsForOneRequest),
    ]
    static let notes = """
        examples
          swiftlet chat --model path/to/folder --system "Answer in one sentence."
          swiftlet chat --explain
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.isEmpty else {
            throw UsageError("unexpected '\(arguments.positionals[0])'; messages are typed after the start")
        }
        guard !arguments.has("--explain") else { return try ExplainConversation.run(arguments) }
        let isTerminal = isatty(STDIN_FILENO) == 1
        // Before the engine's threads, which inherit it.
        let interruptKey = isTerminal ? InterruptKey() : nil
        let (model, checkpoint) = try LoadedModel.open(arguments["--model"])
        if let problem = model.tokenizer.chatTemplateProblem {
            throw ChatFailure(description: "\(model.path): \(problem); use 'swiftlet generate' for plain text")
        }
        var sampling = model.defaults
        try sampling.apply(arguments)
        let draft = try model.openDraft(arguments["--draft-model"])
        let plan = try EnginePlan(model.configuration, EngineOptions(arguments), draft: draft?.configuration)
        var chat = Chat(
            model: model, core: try plan.makeCore(reportingUnused: checkpoint, draft: draft), sampling: sampling,
            history: ChatHistory(system: arguments["--system"]), interruptKey: interruptKey)
        chat.longestAnswer = try arguments.integer("--max-tokens", in: 1...(1 << 24))

        if isTerminal { Output.note("\(model.name), \(plan.configuration.maxModelLength) tokens of context. /help") }
        var reader = MessageReader(interruptKey: interruptKey)
        var wasInterrupted = false
        conversation: while true {
            if isTerminal { Output.write("> ".utf8) }
            let input = try reader.next { if isTerminal { Output.write("… ".utf8) } }
            switch input {
            case .end:
                if isTerminal { Output.line("") }
                break conversation
            case .interrupted:
                Output.line("")
                if wasInterrupted { break conversation }
                Output.note("Ctrl-C again, Ctrl-D or /exit ends the conversation")
                wasInterrupted = true
                continue
            case .message(let text):
                guard try chat.receive(text) else { break conversation }
            }
            wasInterrupted = false
        }
        if isTerminal { Output.note(chat.account) }
    }
}

/// The model cannot talk, or the engine could not go on.
private struct ChatFailure: Error, CustomStringConvertible {
    let description: String
}

/// The conversation's state and the engine that answers.
private struct Chat {
    /// Tokens an answer should at least have room for; older turns go first.
    private static let roomForAnswer = 256

    let model: LoadedModel
    let core: EngineCore<DecoderModel>
    let sampling: SamplingParameters
    var history: ChatHistory
    let interruptKey: InterruptKey?
    var longestAnswer: Int?
    private var answerCount: UInt64 = 0
    private var tokenCount = 0
    private var decodeNanoseconds: UInt64 = 0

    init(
        model: LoadedModel, core: EngineCore<DecoderModel>, sampling: SamplingParameters, history: ChatHistory,
        interruptKey: InterruptKey?
    ) {
        self.model = model
        self.core = core
        self.sampling = sampling
        self.history = history
        self.interruptKey = interruptKey
    }

    /// One line about the whole conversation.
    var account: String {
        let seconds = Double(decodeNanoseconds) / 1e9
        let rate = seconds > 0 ? ", \(Int((Double(tokenCount) / seconds).rounded())) tokens/s" : ""
        return "\(answerCount) answer\(answerCount == 1 ? "" : "s"), \(tokenCount) tokens\(rate)"
    }

    /// Obeys a command or answers a message. - Returns: false when the person wants to leave.
    mutating func receive(_ text: String) throws -> Bool {
        guard text.first == "/", !text.hasPrefix("//") else {
            let message = text.hasPrefix("//") ? String(text.dropFirst()) : text
            if message.contains(where: { !$0.isWhitespace }) { try answer(message) }
            return true
        }
        let parts = text.dropFirst().split(separator: " ", maxSplits: 1)
        switch parts.first ?? "" {
        case "exit", "quit": return false
        case "clear":
            history.removeAll()
            Output.note("the conversation starts afresh")
        case "system":
            history.system = parts.count > 1 ? String(parts[1]) : nil
            Output.note(history.system == nil ? "no system text" : "the system text is set")
        case "help":
            Output.note(
                """
                /system TEXT   instructions before the conversation; without TEXT, none
                /clear         forget the conversation
                /exit          end (also Ctrl-D)
                Ctrl-C stops an answer. A line that ends with \\ goes on in the next; // sends a slash.
                """)
        default: Output.note("no command /\(parts.first ?? ""); /help lists them, // sends a slash")
        }
        return true
    }

    private mutating func answer(_ text: String) throws {
        history.add(user: text)
        let context = core.configuration.maxModelLength
        let room = min(longestAnswer ?? Self.roomForAnswer, context / 2)
        guard let (tokens, droppedCount) = try history.tokens(model.tokenizer, context: context, room: room) else {
            history.removeLast()
            Output.note("that message does not fit the context of \(context) tokens; please shorten it")
            return
        }
        if droppedCount > 0 {
            Output.note("the context of \(context) tokens is full: the oldest \(droppedCount) messages are left out")
        }
        var sampling = sampling
        sampling.seed &+= answerCount
        let request = GenerationRequest(
            id: RequestID(answerCount + 1), promptTokens: tokens, sampling: sampling,
            maxOutputTokens: min(longestAnswer ?? .max, context - tokens.count),
            stopTokens: model.tokenizer.endOfSequence)
        answerCount += 1
        guard !tokens.isEmpty else {
            throw ChatFailure(description: "\(model.path): its chat template makes an empty prompt")
        }
        core.submit(request)
        history.add(assistant: String(decoding: try stream(request), as: UTF8.self))
    }

    /// Prints the answer as it comes; Ctrl-C ends it where it is. - Returns: the text.
    private mutating func stream(_ request: GenerationRequest) throws -> [UInt8] {
        var detokenizer = model.tokenizer.makeDetokenizer(skipSpecialTokens: true, isContinuation: false)
        var text: [UInt8] = []
        while true {
            if interruptKey?.wasPressed() == true { core.cancel(request.id) } else { _ = core.step() }
            for event in core.takeEvents() {
                switch event.kind {
                case .admitted: break
                case .tokens(let tokens):
                    for token in tokens {
                        let piece = detokenizer.push(token)
                        text += piece
                        Output.write(piece)
                    }
                case .finished(let summary):
                    let rest = detokenizer.finish()
                    text += rest
                    Output.write(rest)
                    Output.line(summary.reason == .cancelled ? " [stopped]" : "")
                    if case .failed(let reason) = summary.reason {
                        throw ChatFailure(description: "\(model.path): \(reason)")
                    }
                    if summary.reason == .length { Output.note("(the answer reached its longest length)") }
                    tokenCount += summary.outputTokenCount
                    let timings = summary.timings
                    if timings.firstTokenNanoseconds > 0 {
                        decodeNanoseconds += timings.finishedNanoseconds - timings.firstTokenNanoseconds
                    }
                    return text
                }
            }
        }
    }
}
