// ServeBenchmark.swift — a load generator for any OpenAI-compatible server.
// Bench › Serve.  The machinery is Sources/LoadGeneration; here it gets its options, its terminal and its files.

import Base
import Console
import LoadGeneration

enum ServeBenchmark: Command {
    static let name = "serve"
    static let summary = "load a running server over HTTP: latency quantiles, throughput, goodput"
    static let operands = "[RESULT.json…]"
    static let options = ServeOptions.definitions

    static func run(_ arguments: Arguments) throws {
        var reports: [ReportedRun] = []
        for path in arguments.positionals { reports += try ReportedRun.read(path) }
        // With result files and no server, there is only a page to make of them.
        if arguments.positionals.isEmpty || arguments["--url"] != nil {
            let results = try measure(arguments)
            reports += try results.map { try ReportedRun($0) }
        }
        if let path = arguments["--report"] {
            let page = ReportPage(reports).html
            try AtomicFile.write(to: path) { try $0.write(page) }
            Output.note("report: \(path)")
        } else if !arguments.positionals.isEmpty {
            throw UsageError("result files make a page: give --report FILE.html")
        }
    }

    private static func measure(_ arguments: Arguments) throws -> [RunResult] {
        let options = try ServeOptions(arguments)
        let points = try options.sweep.isEmpty ? [options] : options.sweep.map(options.at)
        let tokens = try TokenCounter(options.tokenizerFile)
        var results: [RunResult] = []
        for (index, point) in points.enumerated() {
            let view = arguments.has("--quiet") ? nil : TerminalView(title: title(point, index + 1, points.count))
            let result = try ServeRun(point, tokens).perform(view)
            results.append(result)
            if !arguments.has("--json") { Output.line(ResultTable(result).text) }
        }
        if arguments.has("--json") { Output.line(String(decoding: json(results, isDetailed: false), as: UTF8.self)) }
        if let path = arguments["--output"] {
            let bytes = json(results, isDetailed: true)
            try AtomicFile.write(to: path) { try $0.write(bytes) }
        }
        return results
    }

    private static func title(_ options: ServeOptions, _ number: Int, _ count: Int) -> String {
        "\(options.url)\(options.endpoint), \(options.load)" + (count > 1 ? " (\(number) of \(count))" : "")
    }

    /// One run is an object, as vLLM's; a sweep is an array of them.
    private static func json(_ results: [RunResult], isDetailed: Bool) -> [UInt8] {
        var json = JSONWriter()
        if results.count == 1 {
            ResultJSON.write(results[0], isDetailed: isDetailed, to: &json)
        } else {
            json.array { json in for result in results { ResultJSON.write(result, isDetailed: isDetailed, to: &json) } }
        }
        json.endLine()
        return json.bytes
    }
}
