// CorpusCommand.swift — checks the notes that answers are made of.
// swiftlet › Commands.

import Console
import Explainer

enum CorpusCommand: Command {
    static let name = "corpus"
    static let summary = "check the notes: form, links, duplicate questions, sentence length"
    static let operands = "lint"
    static let options = [
        OptionDefinition(
            "--corpus", "DIR", "a folder of TOPIC/NAME.md (default: the notes of the sources, else shipped)")
    ]
    static let notes = """
        example
          swiftlet corpus lint
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals == ["lint"] else { throw UsageError("corpus needs a verb: lint") }
        // Who checks notes edits them: the sources come before the copy that the last build made.
        let folder = try arguments["--corpus"] ?? CorpusFolder.sources() ?? CorpusFolder.shipped()
        let lint = try CorpusLint(folder: folder)
        for fault in lint.faults { Output.line("\(fault)") }
        let counts =
            "\(lint.noteCount) notes in \(lint.topicCount) topics, \(lint.questionCount) questions, "
            + "\(lint.sentenceCount) sentences"
        guard lint.faults.isEmpty else { throw LintFailure(description: "\(lint.faults.count) faults in \(counts)") }
        Output.line("\(counts), no faults")
    }

    /// The faults themselves stand on stdout.
    private struct LintFailure: Error, CustomStringConvertible {
        let description: String
    }
}
