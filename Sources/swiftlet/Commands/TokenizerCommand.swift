// TokenizerCommand.swift — makes a tokenizer from text.
// swiftlet › Commands.

import Base
import Console
import Glibc
import Tokenization

enum TokenizerCommand: Command {
    static let name = "tokenizer"
    static let summary = "learn a byte-level tokenizer from text files"
    static let operands = "train FILES…"
    static let options = [
        OptionDefinition("--vocab-size", "N", "tokens in all (needed), with the 256 bytes and the special ones"),
        OptionDefinition("--output", "PATH", "the file to write (needed), or a folder that gets a tokenizer.json"),
        OptionDefinition(
            "--pre-tokenizer", "NAME",
            "how text is cut into words: \(TrainingPreTokenizer.names) (default: gpt2)"),
        OptionDefinition(
            "--special-tokens", "LIST", "names with commas between; they get the first ids (default: <|endoftext|>)"),
        OptionDefinition("--min-frequency", "N", "pairs that occur less often are not merged (default: 0)"),
        OptionDefinition(
            "--whole-files", nil, "words may reach over line ends (default: each line by itself, as `tokenizers` does)"),
    ]
    static let notes = """
        example
          swiftlet tokenizer train --vocab-size 8192 --output my-tokenizer.json text.txt more.txt
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.first == "train" else { throw UsageError("tokenizer needs a verb: train") }
        let files = arguments.positionals.dropFirst()
        guard !files.isEmpty else { throw UsageError("tokenizer train needs at least one text file") }
        guard let size = try arguments.integer("--vocab-size", in: 1...(1 << 30)) else {
            throw UsageError("tokenizer train needs --vocab-size N")
        }
        guard let output = arguments["--output"] else { throw UsageError("tokenizer train needs --output PATH") }

        var options = BytePairTrainer.Options(vocabularySize: size)
        options.minimumFrequency = try arguments.integer("--min-frequency", in: 0...(1 << 40)) ?? 0
        options.specialTokens =
            arguments["--special-tokens"].map { list in list.split(separator: ",").map { String($0) } }
            ?? ["<|endoftext|>"]
        options.preTokenizer =
            try arguments.choice("--pre-tokenizer", TrainingPreTokenizer.allCases.map { ($0.rawValue, $0) }) ?? .gpt2
        options.splitsLines = !arguments.has("--whole-files")

        var trainer = try BytePairTrainer(options)
        for file in files { try trainer.count(try ReadFile.bytes(file, limit: 4 << 30)) }
        let isTerminal = isatty(STDERR_FILENO) == 1
        let trained = try trainer.train { count in
            if isTerminal && count % 256 == 0 {
                Output.write("\r\(count) of \(size) tokens ".utf8, to: STDERR_FILENO)
            }
        }
        if isTerminal { Output.note("") }
        let isFolder = (try? ReadFolder.names(output)) != nil
        let path = isFolder ? output + "/tokenizer.json" : output
        try AtomicFile.write(to: path) { file in try file.write(trained.tokenizerFile) }
        if trained.vocabularySize < size {
            Output.note("the text gives only \(trained.vocabularySize) of \(size) tokens")
        }
        Output.note("\(trained.vocabularySize) tokens, \(trained.mergeCount) merges: \(path)")
    }
}

extension TrainingPreTokenizer {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
