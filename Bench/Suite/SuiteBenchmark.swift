// SuiteBenchmark.swift — the standard suite: what `make bench` runs, records and compares.
// Bench › Suite.  Every step is this program or the server as a process of its own, so that one leaves nothing behind
// for the next.

import Base
import Console
import Kernels

enum SuiteBenchmark: Command {
    static let name = "suite"
    static let summary = "the standard suite: engine, kernels and server, recorded and compared with the last time"
    static let options = [
        OptionDefinition("--shapes", "LIST", "random weights: smollm2-135m (default), qwen2.5-0.5b, none"),
        OptionDefinition("--types", "LIST", "their types (default: q8_0,q4_0)"),
        OptionDefinition("--models", "DIR", "where models with random weights are kept (default: .build/bench-models)"),
        OptionDefinition("--threads", "N", "engine threads (default: physical cores)"),
        OptionDefinition("--results", "DIR", "where records are kept (default: Bench/results)"),
        OptionDefinition("--page", "FILE", "the page to bring up to date (default: Bench/README.md)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let threads = try arguments.integer("--threads", in: 1...256) ?? Machine.usableCoreCount
        var record = SuiteRecord(
            processor: Machine.processorName, kernels: "\(KernelSet.best)", threads: threads, date: SuiteRecord.today)
        let folder = (arguments["--results"] ?? "Bench/results") + "/" + record.machine
        let last = try newest(in: folder)

        let steps = SuiteSteps(threads: threads)
        record.rows += try steps.engine(label: "swiftlet-5m", model: nil)
        for model in try randomModels(arguments) {
            record.rows += try steps.engine(label: ModelLocator.displayName(model), model: model)
        }
        record.rows += try steps.kernels()
        record.rows += try steps.server()

        Output.line(record.markdown)
        if let last {
            let ratios = record.ratios(to: last)
            Output.line("\nbeside \(last.date), this time ÷ then:\n" + ratios.joined(separator: "\n"))
        }
        try RandomModel.makeFolder(folder)
        let path = "\(folder)/\(record.date)-suite.json"
        let text = record.json
        try AtomicFile.write(to: path) { try $0.write(text) }
        let page = arguments["--page"] ?? "Bench/README.md"
        try SuitePage.update(page, with: record.markdown)
        Output.note("recorded: \(path), \(page)")
    }

    /// The last record of this machine, if there is one.
    private static func newest(in folder: String) throws -> SuiteRecord? {
        guard let names = try? ReadFolder.names(folder) else { return nil }
        guard let name = names.last(where: { $0.hasSuffix("-suite.json") }) else { return nil }
        return SuiteRecord(json: try JSON.parse(try ReadFile.bytes(folder + "/" + name, limit: 4 << 20)))
    }

    private static func randomModels(_ arguments: Arguments) throws -> [String] {
        let names = arguments["--shapes"] ?? "smollm2-135m"
        guard names != "none" else { return [] }
        let shapes = try names.split(separator: ",").map { name in
            guard let shape = ModelShape.all.first(where: { $0.name == String(name) }) else {
                throw UsageError(
                    "--shapes: '\(name)' is not among \(ModelShape.all.map(\.name).joined(separator: ", "))")
            }
            return shape
        }
        let types = try (arguments["--types"] ?? "q8_0,q4_0").split(separator: ",").map { name in
            guard let type = RandomModel.types.first(where: { "\($0)" == String(name) }) else {
                let known = RandomModel.types.map { "\($0)" }.joined(separator: ", ")
                throw UsageError("--types: '\(name)' is not among \(known)")
            }
            return type
        }
        let folder = arguments["--models"] ?? RandomModel.folder
        return try shapes.flatMap { shape in try types.map { try RandomModel.file(shape, $0, in: folder) } }
    }
}
