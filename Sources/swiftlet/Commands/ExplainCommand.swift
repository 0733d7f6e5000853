// ExplainCommand.swift — answers a question with sentences of the notes.
// swiftlet › Commands.  Drives the engine's core directly, as `generate` does.

import Base
import Console
import Engine
import Explainer

/// The engine could not go on; nothing that the user typed is to blame.
struct ExplainFailure: Error, CustomStringConvertible {
    let description: String
}

enum ExplainCommand: Command {
    static let name = "explain"
    static let summary = "answer a question with sentences of the notes"
    static let operands = "QUESTION"
    /// How an answer is wanted, here and in a conversation.
    static let answerOptions = [
        OptionDefinition("--grounding", "HOW", "strict (default: quotations only), cite or free"),
        OptionDefinition("--level", "LEVEL", "junior or senior (default)"),
        OptionDefinition("--sentences", "N", "sentences of the answer (default: 8; 5 for a junior)"),
        OptionDefinition("--unsupported", "POLICY", "cite: mark (default) or drop sentences that no source supports"),
    ]
    private static let ownOptions =
        answerOptions + [
            OptionDefinition("--seed", "N", "cite and free: draw the words by this number (default: the likeliest)"),
            OptionDefinition("--json", nil, "print one JSON document"), IndexLocator.option, EmbedderLocator.option,
        ]
    static let options = ownOptions + EngineOptions.definitionsForOneRequest
    static let sections = [
        OptionSection("The answer", ownOptions),
        OptionSection("The model and its memory", EngineOptions.definitionsForOneRequest),
    ]
    static let notes = """
        examples
          swiftlet explain "why does paged attention help?"
          swiftlet explain "what is speculative decoding?" --level junior --json
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.count == 1, let question = arguments.positionals.first else {
            throw UsageError("explain needs one QUESTION (in quotes)")
        }
        try ExplainTurn.check(question)
        var explainer = try TerminalExplainer(arguments)
        let printer = arguments.has("--json") ? nil : AnswerPrinter()
        let answer = try explainer.answer(question, conversation: [], printer)
        guard arguments.has("--json") else { return }
        var json = JSONWriter()
        answer.write(to: &json)
        Output.line(String(decoding: json.bytes, as: UTF8.self))
    }

    static func answerOptions(of arguments: Arguments) throws -> AnswerOptions {
        var options = AnswerOptions()
        options.grounding =
            try arguments.choice("--grounding", Grounding.allCases.map { ($0.rawValue, $0) }) ?? options.grounding
        options.level =
            try arguments.choice("--level", [("junior", .junior), ("senior", .senior)]) ?? options.level
        options.sentenceCount = try arguments.integer("--sentences", in: AnswerOptions.sentenceCounts)
        options.unsupported =
            try arguments.choice("--unsupported", UnsupportedPolicy.allCases.map { ($0.rawValue, $0) })
            ?? options.unsupported
        options.seed = try arguments.seed("--seed") ?? 0
        return options
    }
}

enum ExplainTurn {
    static let longestQuestion = 2000

    static func check(_ question: String) throws(UsageError) {
        guard question.contains(where: { !$0.isWhitespace }) else { throw UsageError("the question is empty") }
        guard question.utf8.count <= longestQuestion else {
            throw UsageError(
                "the question has \(question.utf8.count) bytes; at most \(longestQuestion) are taken")
        }
    }
}
