// RetrievalBenchmark.swift — words, vectors, and a living index: three things to measure, one command.
// Bench › Retrieval.  The scripts in Bench/peers/retrieval make the files and run the peers beside it.

import Base
import Console
import Glibc
import Retrieval

enum RetrievalBenchmark: Command {
    static let name = "retrieval"
    static let summary = "queries per second by words and by vectors; an index under change"
    static let options = [
        OptionDefinition("--corpus", "FILE", "texts: JSON lines with _id, title and text"),
        OptionDefinition("--queries", "FILE", "questions: JSON lines with _id and text"),
        OptionDefinition("--top", "N", "chunks to find (default: 10)"),
        OptionDefinition("--repeats", "N", "passes over the questions, after one to warm up (default: 3)"),
        OptionDefinition("--segments", "N", "cut the texts into so many segments (default: 1)"),
        OptionDefinition("--exhaustive", nil, "score every chunk that has a term, to see what skipping gains"),
        OptionDefinition("--terms", nil, "instead: read JSON strings, a line each, and print their terms"),
        OptionDefinition("--vectors", "DIR", "instead: base.f32, query.f32, truth.i32, filter-*.u64 of vectors.py"),
        OptionDefinition("--dimension", "N", "numbers in a vector (default: 384)"),
        OptionDefinition("--ef", "N,…", "candidates of a walk over the graph (default: 16,32,64,128,256,512)"),
        OptionDefinition("--living", "DIR", "instead: an index at DIR under change; with --vectors and --corpus"),
        OptionDefinition("--chunks", "N", "chunks of the living index (default: 20000)"),
        OptionDefinition("--model", "DIR", "the encoder of the living index's questions (default: all-MiniLM-L6-v2)"),
        OptionDefinition("--threads", "N", "kernel threads of the encoder (default: physical cores)"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    static func run(_ arguments: Arguments) throws {
        if arguments.has("--terms") { return try LexicalMeasurement.printTerms() }
        if arguments["--living"] != nil { return try LivingMeasurement.run(arguments) }
        if arguments["--vectors"] != nil { return try VectorMeasurement.run(arguments) }
        try LexicalMeasurement.run(arguments)
    }

    /// Texts of a file in BEIR's layout, one chunk each.
    static func chunks(_ path: String) throws -> [Chunk] {
        var chunks: [Chunk] = []
        try JSONLines.forEach(path) { value, _ in
            chunks.append(
                Chunk(
                    documentID: value["_id"]?.string ?? "\(chunks.count)", title: value["title"]?.string ?? "",
                    text: value["text"]?.string ?? ""))
        }
        return chunks
    }

    static func questions(_ path: String) throws -> [String] {
        var questions: [String] = []
        try JSONLines.forEach(path) { value, _ in questions.append(value["text"]?.string ?? "") }
        return questions
    }

    /// Time on the processor: on a shared machine, waiting says nothing.
    static func processorSeconds() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    static func wallSeconds() -> Double { seconds(CLOCK_MONOTONIC) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
