// CorpusCommand.swift — checks the notes that answers are made of, and computes their vectors ahead.
// swiftlet › Commands.

import Console
import Explainer

enum CorpusCommand: Command {
    static let name = "corpus"
    static let summary = "check the notes (form, links, duplicate questions, sentence length); write their vectors"
    static let operands = "lint|vectors"
    static let options = [
        OptionDefinition(
            "--corpus", "DIR", "a folder of TOPIC/NAME.md (default: the notes of the sources, else shipped)"),
        EmbedderLocator.option,
    ]
    static let notes = """
        vectors: what the first search would compute, written beside the notes; a changed note's is computed again

        examples
          swiftlet corpus lint
          swiftlet corpus vectors
        """

    static func run(_ arguments: Arguments) throws {
        // Who works on notes edits them: the sources come before the copy that the last build made.
        let folder = try arguments["--corpus"] ?? CorpusFolder.sources() ?? CorpusFolder.shipped()
        switch arguments.positionals {
        case ["lint"]: try lint(folder)
        case ["vectors"]: try writeVectors(folder, arguments)
        default: throw UsageError("corpus needs a verb: lint or vectors")
        }
    }

    private static func lint(_ folder: String) throws {
        let lint = try CorpusLint(folder: folder)
        for fault in lint.faults { Output.line("\(fault)") }
        let counts =
            "\(lint.noteCount) notes in \(lint.topicCount) topics, \(lint.questionCount) questions, "
            + "\(lint.sentenceCount) sentences"
        guard lint.faults.isEmpty else { throw LintFailure(description: "\(lint.faults.count) faults in \(counts)") }
        Output.line("\(counts), no faults")
    }

    private static func writeVectors(_ folder: String, _ arguments: Arguments) throws {
        guard let embedder = try EmbedderLocator.find(arguments["--encoder"]) else {
            throw UsageError("corpus vectors needs an encoder; `make models` fetches it")
        }
        let progress = ProgressLine("computing vectors")
        for file in try NotesVectors.write(folder, embedder, progress: { progress.show("\($0) of \($1) texts") }) {
            progress.end()
            Output.line("\(file.path): \(file.count) vectors, \(file.computed) of them computed now")
        }
    }

    /// The faults themselves stand on stdout.
    private struct LintFailure: Error, CustomStringConvertible {
        let description: String
    }
}
