// KernelBenchmark.swift — every product and attention of two models' shapes, as shares of what this machine can do.
// Bench › Kernels.  Through the package interface of Kernels: what is measured is what the decoder calls.

import Base
import Console
import Kernels

enum KernelBenchmark: Command {
    static let name = "kernels"
    static let summary = "each product and attention: GOP/s, GB/s, share of the machine's limit"
    static let options = [
        OptionDefinition("--types", "LIST", "weight types (default: f32,f16,bf16,q8_0,q4_0,q4_k,q6_k)"),
        OptionDefinition("--rows", "LIST", "rows of the products (default: 1,16,512)"),
        OptionDefinition("--contexts", "LIST", "tokens attended to (default: 128,2048,8192)"),
        OptionDefinition("--models", "LIST", "shapes: smollm2-135m,qwen2.5-0.5b (default: both)"),
        OptionDefinition("--only", "products|attention", "half of it"),
        OptionDefinition("--threads", "N", "kernel threads (default: physical cores)"),
        OptionDefinition("--kernels", "SET", "amx, avx512, avx2 or portable (default: the best this CPU has)"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    static func run(_ arguments: Arguments) throws {
        let types = try list(arguments, "--types", [.f32, .f16, .bf16, .q8_0, .q4_0, .q4_k, .q6_k]) { name in
            ElementType.allCases.first { "\($0)" == name }
        }
        let models = try list(arguments, "--models", ModelShape.all) { name in
            ModelShape.all.first { $0.name == name }
        }
        let rowCounts = try list(arguments, "--rows", [1, 16, 512]) { Int($0).flatMap { (1...4096) ~= $0 ? $0 : nil } }
        let contexts = try list(arguments, "--contexts", [128, 2048, 8192]) {
            Int($0).flatMap { (1...(1 << 20)) ~= $0 ? $0 : nil }
        }
        let half = try arguments.choice("--only", [("products", 0), ("attention", 1)])
        let threads = try arguments.integer("--threads", in: 1...256) ?? Machine.usableCoreCount
        guard let kernels = KernelSet.named(arguments["--kernels"] ?? KernelSet.best.description) else {
            let names = KernelSet.available.map(\.description).joined(separator: ", ")
            throw UsageError("--kernels: this CPU runs \(names)")
        }
        let pool = ThreadPool(threadCount: threads, kernels: kernels)

        var report = KernelReport(kernels: kernels, threads: pool.threadCount)
        report.limits = try MachineLimits(pool: pool, modelBytes: WorkingSet.byteCount)
        for model in models {
            if half != 1 {
                for type in types { try report.products += model.measureProducts(type, rowCounts, pool) }
            }
            if half != 0 {
                for type in CacheType.allCases { try report.attentions += model.measureAttention(type, contexts, pool) }
            }
        }
        Output.line(arguments.has("--json") ? report.json : report.table)
    }

    /// The values of a list such as `1,16`; the default when the option is not given.
    private static func list<Value>(
        _ arguments: Arguments, _ option: String, _ standard: [Value], _ value: (String) -> Value?
    ) throws -> [Value] {
        guard let text = arguments[option] else { return standard }
        return try text.split(separator: ",").map { word in
            guard let value = value(String(word)) else { throw UsageError("\(option): '\(word)' is not possible") }
            return value
        }
    }
}
