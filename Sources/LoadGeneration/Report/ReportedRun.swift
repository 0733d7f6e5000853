// ReportedRun.swift — a run as a report needs it, from a result file: ours, or one of `vllm bench serve --save-detailed`.
// LoadGeneration › Report.

import Base

package struct ReportError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// Latencies in milliseconds, instants in seconds from the run's first.
package struct ReportedRun: Sendable {
    package struct Request: Sendable, Equatable {
        let start: Double
        /// From the schedule to the send.
        let lateness: Double
        let firstToken: Double
        let end: Double
        let failed: Bool
    }

    package let label: String
    package let model: String
    package let workload: String
    /// Nil in a closed loop.
    package let requestRate: Double?
    package let maxConcurrency: Double?
    package let completed: Int
    package let failed: Int
    package let requestThroughput: Double
    package let outputThroughput: Double
    package let goodput: Double?
    package let samples: [LatencyMeasure: Sample]
    package let requests: [Request]
    /// 95 % intervals by key, such as `p99_ttft_ms`; empty for files that have none.
    package let intervals: [String: Sample.Interval]

    /// All runs of a file: one object, or an array of them.
    /// - Throws: `FileError`, `JSONError`, or `ReportError` when it is no result, or one without details.
    package static func read(_ path: String) throws -> [ReportedRun] {
        let json = try JSON.parse(try ReadFile.bytes(path, limit: 1 << 31 - 1))
        let documents = json.kind == .array ? Array(json.elements) : [json]
        let name = path.split(separator: "/").last.map { String($0) } ?? path
        return try documents.map { document in
            guard let run = ReportedRun(document, name: name) else {
                throw ReportError(
                    description: "\(path) is no result with details: write it with --output (or vLLM's --save-detailed)"
                )
            }
            return run
        }
    }

    /// The run as its result file would show it.
    package init(_ result: RunResult) throws {
        var json = JSONWriter()
        ResultJSON.write(result, isDetailed: true, to: &json)
        guard let run = ReportedRun(try JSON.parse(json.bytes), name: "this run") else {
            throw ReportError(description: "a result cannot be read back")
        }
        self = run
    }

    init?(_ json: JSON, name: String) {
        guard json.kind == .object, let ttfts = Self.numbers(json["ttfts"]), let gaps = json["itls"],
            let completed = json["completed"]?.integer
        else { return nil }
        let written = json["label"]?.string ?? ""
        label = written.isEmpty ? name : written
        model = json["model_id"]?.string ?? ""
        let own = json["swiftlet"]
        workload = own?["workload"]?.string ?? ""
        requestRate = json["request_rate"]?.double
        maxConcurrency = json["max_concurrency"]?.double
        self.completed = completed
        failed = json["failed"]?.integer ?? 0
        requestThroughput = json["request_throughput"]?.double ?? 0
        outputThroughput = json["output_throughput"]?.double ?? 0
        goodput = json["request_goodput"]?.double

        let itls = gaps.elements.map { Self.numbers($0) ?? [] }
        let outputs = Self.numbers(json["output_lens"]) ?? []
        let starts = Self.numbers(json["start_times"]) ?? []
        let lateness = Self.numbers(own?["lateness"]) ?? []
        let ends = Self.numbers(own?["e2els"]) ?? []
        let errors = json["errors"]?.elements.map { $0.string ?? "" } ?? []
        let first = starts.min() ?? 0
        var requests: [Request] = []
        var measures: [LatencyMeasure: [[Double]]] = [:]
        for index in ttfts.indices {
            func at(_ values: [Double]) -> Double? { index < values.count ? values[index] : nil }
            let list = index < itls.count ? itls[index] : []
            let end = at(ends) ?? ttfts[index] + list.reduce(0, +)
            let isFailed = index < errors.count && !errors[index].isEmpty
            requests.append(
                Request(
                    start: (at(starts) ?? first) - first, lateness: max(0, at(lateness) ?? 0), firstToken: ttfts[index],
                    end: end, failed: isFailed))
            guard !isFailed, end > 0 else { continue }
            measures[.itl, default: []].append(list.map { $0 * 1000 })
            measures[.e2el, default: []].append([end * 1000])
            guard ttfts[index] > 0 else { continue }
            measures[.ttft, default: []].append([ttfts[index] * 1000])
            if let count = at(outputs), count > 1 {
                measures[.tpot, default: []].append([(end - ttfts[index]) * 1000 / (count - 1)])
            }
        }
        self.requests = requests
        samples = measures.mapValues { Sample(groups: $0) }
        var intervals: [String: Sample.Interval] = [:]
        if let written = own?["intervals_95"] {
            for (key, value) in written.members {
                guard let low = value[0]?.double, let high = value[1]?.double else { continue }
                intervals[String(decoding: key, as: UTF8.self)] = Sample.Interval(low: low, high: high)
            }
        }
        self.intervals = intervals
    }

    private static func numbers(_ json: JSON?) -> [Double]? {
        guard let json, json.kind == .array else { return nil }
        return json.elements.map { $0.double ?? 0 }
    }

    package func sample(_ measure: LatencyMeasure) -> Sample { samples[measure] ?? Sample([]) }

    /// Arrivals per second, or users at once.
    package var load: (value: Double, isRate: Bool)? {
        if let requestRate { return (requestRate, true) }
        return maxConcurrency.map { ($0, false) }
    }

    package var loadText: String {
        guard let load else { return "all at once" }
        return "\(NumberText.short(load.value))" + (load.isRate ? " requests/s" : " at once")
    }
}
