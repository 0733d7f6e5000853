// TokenizeCommand.swift — text to token ids and back.
// swiftlet › Commands.

import Base
import Checkpoint
import Console
import Tokenization

enum TokenizeCommand: Command {
    static let name = "tokenize"
    static let summary = "print the token ids of standard input, or with --decode the text of ids"
    static let input = "< TEXT"
    static let options = [
        OptionDefinition("--model", "PATH_OR_NAME", "a Hugging Face folder, a .gguf file, or a name under Models/"),
        OptionDefinition("--no-special", nil, "add no special tokens, and take <|names|> of them in the text as text"),
        OptionDefinition("--decode", nil, "read ids (between spaces, commas or line ends), print their text"),
    ]
    static let notes = """
        examples
          swiftlet tokenize --model path/to/folder < text.txt
          swiftlet tokenize --decode <<< "1 42 7"
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.isEmpty else { throw UsageError("the text is read from standard input") }
        let tokenizer = try tokenizer(try ModelLocator.path(arguments["--model"]))
        let input = try Output.readInput()
        let special = !arguments.has("--no-special")
        guard arguments.has("--decode") else {
            let tokens = tokenizer.encode(input, addSpecialTokens: special, parseSpecialTokens: special)
            Output.line(tokens.map { "\($0)" }.joined(separator: " "))
            return
        }
        var detokenizer = tokenizer.makeDetokenizer(skipSpecialTokens: !special)
        let separators: Set<UInt8> = Set(" ,\n\r\t[]".utf8)
        for word in input.split(whereSeparator: { separators.contains($0) }) {
            let text = String(decoding: word, as: UTF8.self)
            guard let id = Int32(text), (0..<tokenizer.vocabularySize).contains(Int(id)) else {
                throw UsageError("'\(text)' is not a token id from 0 to \(tokenizer.vocabularySize - 1)")
            }
            Output.write(detokenizer.push(TokenID(id)))
        }
        Output.write(detokenizer.finish())
        Output.line("")
    }

    /// Only the tokenizer: a folder or file without usable weights will do.
    private static func tokenizer(_ path: String) throws -> Tokenizer {
        let file: GGUFFile
        do throws(CheckpointError) {
            file = try GGUFFile(path: path)
        } catch .file(let error) where error.reason == .isFolder {
            return try Tokenizer.load(huggingFaceFolder: path)
        }
        return try Tokenizer(gguf: try GGUFVocabulary(file))
    }
}
