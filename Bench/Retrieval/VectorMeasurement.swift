// VectorMeasurement.swift — nearest neighbours on one thread: recall and queries per second of scan, graph and filters.
// Bench › Retrieval.  Bench/peers/retrieval/vectors.py makes the files and runs hnswlib, faiss and usearch beside it.

import Base
import Console
import Glibc
import Kernels
import Retrieval

/// Reads from a folder: `base.f32` [N, D], `query.f32` [Q, D], `truth.i32` [Q, 10] with the exact neighbours, and for
/// every filter `filter-NAME.u64` (a bit a vector) with `truth-NAME.i32` [Q, 10] (−1 where fewer pass).
enum VectorMeasurement {
    private static let neighbours = 10

    static func run(_ arguments: Arguments) throws {
        let folder = arguments["--vectors"] ?? "."
        let dimension = try arguments.integer("--dimension", in: 1...4096) ?? 384
        let repeats = try arguments.integer("--repeats", in: 1...1000) ?? 3
        let pools = try (arguments["--ef"] ?? "16,32,64,128,256,512").split(separator: ",").map { text in
            guard let pool = Int(text), (1...VectorIndex.largestPool).contains(pool) else {
                throw UsageError("--ef takes numbers up to \(VectorIndex.largestPool), with commas between")
            }
            return pool
        }
        let queries = try floats(folder + "/query.f32", columns: dimension)
        let truth = try integers(folder + "/truth.i32", rows: queries.count)
        let table = try table(folder + "/base.f32", dimension: dimension)

        let start = RetrievalBenchmark.processorSeconds()
        let index = try VectorIndex.build(table, threshold: 1)
        let buildSeconds = RetrievalBenchmark.processorSeconds() - start
        let flat = VectorIndex(table, graph: nil)
        var figures: [Figure] = []
        figures.append(
            try measure("flat", queries, truth, repeats) { try flat.search($0, count: neighbours) })
        for pool in pools {
            figures.append(
                try measure("ef \(pool)", queries, truth, repeats) {
                    try index.search($0, count: neighbours, pool: pool)
                })
        }
        for file in try ReadFolder.names(folder) where file.hasPrefix("filter-") && file.hasSuffix(".u64") {
            let name = file.dropFirst("filter-".count).dropLast(".u64".count)
            let words = try ReadFile.bytes(folder + "/" + file).words(UInt64.self)
            let truth = try integers(folder + "/truth-\(name).i32", rows: queries.count)
            figures.append(
                try measure("filter \(name)", queries, truth, 1) {
                    try index.search($0, count: neighbours, allowed: words)
                })
        }
        // The f16 rows are mapped and cold: rescoring reads fifty of them.
        let resident = table.coarse.bytes.count + (index.graph?.memory.bytes.count ?? 0)
        let residentPerVector = Double(resident) / Double(table.count)
        report(figures, buildSeconds, residentPerVector, table.count, json: arguments.has("--json"))
    }

    private struct Figure {
        let name: String
        let recall: Double
        let queriesPerSecond: Double
        /// Queries that got fewer than there are.
        let shortCount: Int
    }

    private static func measure(
        _ name: String, _ queries: [[Float]], _ truth: [[Int32]], _ repeats: Int,
        _ search: ([Float]) throws -> [VectorHit]
    ) throws -> Figure {
        var (found, wanted, short) = (0, 0, 0)
        for (query, exact) in zip(queries, truth) {
            let exact = Set(exact.filter { $0 >= 0 })
            let hits = try search(query)
            found += hits.count { exact.contains(Int32($0.ordinal)) }
            wanted += exact.count
            if hits.count < exact.count { short += 1 }
        }
        var seconds: [Double] = []
        for _ in 0..<repeats {
            let start = RetrievalBenchmark.processorSeconds()
            for query in queries { _ = try search(query) }
            seconds.append(RetrievalBenchmark.processorSeconds() - start)
        }
        return Figure(
            name: name, recall: wanted > 0 ? Double(found) / Double(wanted) : 1,
            queriesPerSecond: Double(queries.count) / seconds.sorted()[repeats / 2], shortCount: short)
    }

    private static func report(
        _ figures: [Figure], _ buildSeconds: Double, _ residentBytes: Double, _ count: Int, json: Bool
    ) {
        guard json else {
            Output.line("\(count) vectors, built in \(buildSeconds) s, \(residentBytes) resident bytes each")
            for figure in figures {
                Output.line(
                    "\(figure.name): recall \(figure.recall), \(Int(figure.queriesPerSecond)) queries/s"
                        + (figure.shortCount > 0 ? ", \(figure.shortCount) short" : ""))
            }
            return
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("vectors", count)
            writer.field("build_seconds", buildSeconds)
            writer.field("resident_bytes_per_vector", residentBytes)
            writer.key("results")
            writer.object { writer in
                for figure in figures {
                    writer.key(figure.name)
                    writer.object { writer in
                        writer.field("recall@10", figure.recall)
                        writer.field("queries_per_second", figure.queriesPerSecond)
                        writer.field("short", figure.shortCount)
                    }
                }
            }
        }
        Output.line(String(decoding: writer.bytes, as: UTF8.self))
    }

    // MARK: - Files

    static func table(_ path: String, dimension: Int) throws -> VectorTable {
        let rows = try floats(path, columns: dimension)
        var builder = try VectorTableBuilder(dimension: dimension, expecting: rows.count)
        for row in rows { try builder.append(row) }
        return try builder.finish()
    }

    static func floats(_ path: String, columns: Int) throws -> [[Float]] {
        let numbers = try ReadFile.bytes(path).words(Float.self)
        guard numbers.count % columns == 0 else { throw UsageError("\(path) holds no rows of \(columns) numbers") }
        return stride(from: 0, to: numbers.count, by: columns).map { Array(numbers[$0..<$0 + columns]) }
    }

    private static func integers(_ path: String, rows: Int) throws -> [[Int32]] {
        let numbers = try ReadFile.bytes(path).words(Int32.self)
        guard numbers.count == rows * neighbours else {
            throw UsageError("\(path) does not hold \(neighbours) numbers for each of \(rows) questions")
        }
        return stride(from: 0, to: numbers.count, by: neighbours).map { Array(numbers[$0..<$0 + neighbours]) }
    }
}

extension [UInt8] {
    /// The numbers that numpy wrote.
    fileprivate func words<Number: BitwiseCopyable>(_: Number.Type) -> [Number] {
        let size = MemoryLayout<Number>.size
        return withUnsafeBytes { bytes in
            (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self) }
        }
    }
}
