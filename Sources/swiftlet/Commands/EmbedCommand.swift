// EmbedCommand.swift — lines to vectors.
// swiftlet › Commands.

import Base
import Console
import Embedding
import Kernels
import Transformer

enum EmbedCommand: Command {
    static let name = "embed"
    static let summary = "print the vector of every line of standard input, as JSON"
    static let input = "< LINES"
    static let options = [
        OptionDefinition(
            "--model", "PATH_OR_NAME",
            "a folder with a BERT encoder, or a name under Models/ (default: \(defaultModel))"),
        OptionDefinition("--precision", "f32|int8", "of the products (default: f32; searches take int8)"),
        OptionDefinition("--threads", "N", "kernel threads (default: physical cores)"),
        OptionDefinition("--kernels", "SET", "amx, avx512, avx2 or portable (default: the best this CPU has)"),
    ]
    static let notes = """
        example
          swiftlet embed < sentences.txt > vectors.jsonl
        """

    static let defaultModel = "all-MiniLM-L6-v2"
    /// Lines that are read, computed and printed together: enough to fill every thread.
    private static let linesPerGroup = 256

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.isEmpty else { throw UsageError("the lines are read from standard input") }
        let threads = try arguments.integer("--threads", in: 1...256) ?? Machine.usableCoreCount
        let pool = ThreadPool(threadCount: threads, kernels: try KernelSet(arguments["--kernels"]))
        let precision = try EncoderPrecision.asked(arguments) ?? .f32
        let embedder = try EncoderEmbedder(folder: path(arguments["--model"]), precision: precision, pool: pool)
        for warning in embedder.warnings { Output.note("warning: \(warning)") }

        var lines = try Output.readInput().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // A last line feed ends the last line; it does not begin another.
        if lines.last?.isEmpty == true { lines.removeLast() }
        var start = 0
        while start < lines.count {
            let end = min(start + linesPerGroup, lines.count)
            let texts = lines[start..<end].map { embedder.framing.frame(String(decoding: $0, as: UTF8.self)) }
            for (index, text) in texts.enumerated() where text.isCut {
                Output.note(
                    "line \(start + index + 1): \(text.wholeTokenCount) tokens; the vector is of the first "
                        + "\(text.tokenCount)")
            }
            for vector in embedder.embed(texts) {
                var json = JSONWriter()
                json.array { json in for number in vector { json.number(number) } }
                json.endLine()
                Output.write(json.bytes)
            }
            start = end
        }
    }

    /// A folder as it is, or a name under the project's `Models/`.
    static func path(_ wanted: String?) throws(UsageError) -> String {
        if let wanted { return try ModelLocator.path(wanted) }
        guard let path = try? ModelLocator.path(defaultModel) else {
            throw UsageError("Models/\(defaultModel) is not there; run `make models`, or give --model")
        }
        return path
    }
}

extension KernelSet {
    /// The set of this name, or the best.
    fileprivate init(_ name: String?) throws(UsageError) {
        guard let name else {
            self = .best
            return
        }
        guard let set = KernelSet.named(name) else {
            let names = KernelSet.available.map(\.description).joined(separator: ", ")
            throw UsageError("--kernels \(name): this CPU runs \(names)")
        }
        self = set
    }
}
