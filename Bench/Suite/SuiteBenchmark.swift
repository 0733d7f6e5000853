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
        OptionDefinition("--only", "LIST", "of engine, kernels, server; none records nothing but the machine"),
        OptionDefinition("--results", "DIR", "where records are kept (default: Bench/results)"),
        OptionDefinition("--page", "FILE", "the page to bring up to date (default: Bench/README.md)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let threads = try arguments.integer("--threads", in: 1...256) ?? Machine.usableCoreCount
        var record = SuiteRecord(
            processor: Machine.processorName, kernels: "\(KernelSet.best)", threads: threads, date: SuiteRecord.today)
        let folder = (arguments["--results"] ?? "Bench/results") + "/" + record.machine
        let archive = SuiteArchive(folder)
        let last = try archive.newest(threads: threads)

        let parts = try parts(arguments)
        let steps = SuiteSteps(threads: threads)
        if parts.contains("engine") {
            record.rows += try steps.engine(label: "swiftlet-5m", model: nil)
            for model in try randomModels(arguments) {
                record.rows += try steps.engine(label: ModelLocator.displayName(model), model: model)
            }
        }
        if parts.contains("kernels") { record.rows += try steps.kernels() }
        if parts.contains("server") { record.rows += try steps.server() }

        Output.line(record.markdown)
        if let last {
            let ratios = record.ratios(to: last.record)
            Output.line("\nbeside \(last.name), this time ÷ then:\n" + ratios.joined(separator: "\n"))
        } else {
            Output.line("\nno earlier record of this machine with \(threads) threads")
        }
        try RandomModel.makeFolder(folder)
        let path = "\(folder)/" + archive.freeName(date: record.date)
        let text = record.json
        try AtomicFile.write(to: path) { try $0.write(text) }
        let page = arguments["--page"] ?? "Bench/README.md"
        try SuitePage.update(page, with: record.markdown)
        Output.note("recorded: \(path), \(page)")
    }

    private static func parts(_ arguments: Arguments) throws -> [String] {
        let known = ["engine", "kernels", "server"]
        guard let list = arguments["--only"] else { return known }
        let parts = list == "none" ? [] : list.split(separator: ",").map { String($0) }
        if let part = parts.first(where: { !known.contains($0) }) {
            throw UsageError("--only: '\(part)' is not among \(known.joined(separator: ", ")), none")
        }
        return parts
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
