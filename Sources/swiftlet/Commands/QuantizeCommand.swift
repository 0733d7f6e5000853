// QuantizeCommand.swift — a model as a GGUF file of another type.
// swiftlet › Commands.

import Base
import Checkpoint
import Console
import Kernels
import Tokenization
import Transformer

enum QuantizeCommand: Command {
    static let name = "quantize"
    static let summary = "write a Hugging Face folder or a GGUF file as a GGUF file of another type"
    static let operands = "IN OUT.gguf"
    static let options = [
        OptionDefinition(
            "--type", "TYPE", "needed: \(ElementType.writable.map { "\($0)" }.joined(separator: ", "))"),
        OptionDefinition("--pure", nil, "with q4_0: the output head too, which is q8_0 otherwise"),
    ]
    static let notes = """
        example
          swiftlet quantize path/to/folder model.gguf --type q8_0
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.count == 2 else { throw UsageError("two paths are needed: IN OUT.gguf") }
        let choices = ElementType.writable.map { ("\($0)", $0) }
        guard let type = try arguments.choice("--type", choices) else {
            throw UsageError("--type is needed: \(choices.map(\.0).joined(separator: ", "))")
        }
        let (input, output) = (try ModelLocator.path(arguments.positionals[0]), arguments.positionals[1])
        guard output.hasSuffix(".gguf") else { throw UsageError("\(output): the name must end in .gguf") }

        let checkpoint = try ModelCheckpoint(path: input)
        var tokenizer: [GGUFKeyValue] = []
        if case .folder = checkpoint.files {
            tokenizer = GGUFKeyValue.tokenizer(
                try GGUFVocabulary(huggingFaceFolder: input, rowCount: checkpoint.configuration.vocabularySize))
            if checkpoint.configuration.losesWindowsInGGUF {
                Output.note("note: GGUF has no place for this model's sliding window; every layer will see everything")
            }
        }
        let conversion = try GGUFConversion(
            checkpoint, type: type, headType: type == .q4_0 && !arguments.has("--pure") ? .q8_0 : type,
            name: ModelLocator.displayName(input), tokenizer: tokenizer)
        for name in conversion.unusedNames { Output.note("note: tensor \(name) is not used by the model; left out") }

        var progress = Progress(name: output)
        try GGUFWriter.write(
            to: output, keys: conversion.keys, tensors: conversion.tensors, alignment: conversion.alignment
        ) { written, total in progress.report(written, of: total) }
        Output.note("\(output): \(conversion.tensors.count) tensors, \(progress.total) bytes")
    }
}

/// Tenths on standard error, each once; nothing for files that are written in a moment.
private struct Progress {
    private static let leastByteCount = 64 << 20

    let name: String
    private(set) var total = 0
    private var lastTenth = 0

    init(name: String) { self.name = name }

    mutating func report(_ written: Int, of total: Int) {
        self.total = total
        let tenth = Int(Double(written) / Double(max(total, 1)) * 10)
        guard total >= Self.leastByteCount, tenth > lastTenth, tenth < 10 else { return }
        lastTenth = tenth
        Output.note("\(name): \(tenth * 10) %")
    }
}
