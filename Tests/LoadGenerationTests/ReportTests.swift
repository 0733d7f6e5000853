// ReportTests.swift — the result file's keys, and the page's form.

import Base
import Foundation
import FoundationXML
import LoadGeneration
import TestSupport
import Testing

@Suite struct `A report` {
    private func json(_ result: RunResult, isDetailed: Bool = true) throws -> JSON {
        var writer = JSONWriter()
        ResultJSON.write(result, isDetailed: isDetailed, to: &writer)
        return try JSON.parse(writer.bytes)
    }

    @Test func `has every key of vllm bench serve, with its kind`() throws {
        let json = try json(Records.run(label: "a", rate: 100, seed: 1))
        for key in ["date", "endpoint_type", "backend", "label", "model_id"] {
            #expect(json[key]?.kind == .string, "\(key)")
        }
        for key in [
            "num_prompts", "request_rate", "burstiness", "duration", "completed", "failed", "total_input_tokens",
            "total_output_tokens", "request_throughput", "request_goodput", "output_throughput",
            "total_token_throughput",
            "max_output_tokens_per_s", "max_concurrent_requests",
        ] { #expect(json[key]?.kind == .number, "\(key)") }
        for measure in ["ttft", "tpot", "itl", "e2el"] {
            for statistic in ["mean", "median", "std", "p50", "p90", "p99", "p99.9"] {
                #expect(json["\(statistic)_\(measure)_ms"]?.kind == .number, "\(statistic) \(measure)")
            }
        }
        for key in ["input_lens", "output_lens", "ttfts", "itls", "start_times", "generated_texts", "errors"] {
            #expect(json[key]?.count == 60, "\(key)")
        }
        #expect(json["tokenizer_id"]?.isNull == true)
        #expect(json["max_concurrency"]?.isNull == true)
    }

    @Test func `counts what happened`() throws {
        let json = try json(Records.run(label: "a", rate: 100, seed: 1))
        #expect(json["completed"]?.integer == 58)
        #expect(json["failed"]?.integer == 1)
        #expect(json["total_output_tokens"]?.integer == 58 * 12)
        #expect(json["swiftlet"]?["cancelled"]?.integer == 1)
        #expect(json["swiftlet"]?["errors_by_kind"]?["http_429"]?.integer == 1)
        #expect(json["swiftlet"]?["cached_prompt_share"]?.double == 0.4)
        #expect(json["swiftlet"]?["tokens_per_chunk"]?.double == 1.5)
        #expect(json["errors"]?[7]?.string == "status 429: slow down")
        // Seven gaps of 1 ms over eleven tokens.
        #expect(abs((json["median_tpot_ms"]?.double ?? 0) - 7.0 / 11) < 1e-9)
        #expect(abs((json["median_itl_ms"]?.double ?? 0) - 1) < 1e-9)
        let interval = try #require(json["swiftlet"]?["intervals_95"]?["p99_ttft_ms"])
        #expect(try #require(interval[0]?.double) <= #require(json["p99_ttft_ms"]?.double))
    }

    @Test func `without details keeps its figures and drops its lists`() throws {
        let json = try json(Records.run(label: "a", rate: 100, seed: 1), isDetailed: false)
        #expect(json["ttfts"] == nil)
        #expect(json["mean_ttft_ms"] != nil)
    }

    @Test func `of an endless rate says inf, as vLLM does`() throws {
        let json = try json(Records.run(label: "a", rate: .infinity, seed: 1))
        #expect(json["request_rate"]?.string == "inf")
    }

    @Test func `as a page is well-formed and needs nothing else`() throws {
        let rates: [Double] = [10, 20, 40]
        let runs = try rates.flatMap { rate in
            try ["ours <b>", "theirs & co"].map {
                try ReportedRun(Records.run(label: $0, rate: rate, seed: UInt64(rate)))
            }
        }
        for page in [ReportPage(runs).html, ReportPage([runs[0]]).html] {
            let parser = XMLParser(data: Data(page.replacing("<!DOCTYPE html>", with: "").utf8))
            #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
            #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
            #expect(!page.contains("<b>") && !page.contains("nan") && !page.contains("inf\""))
            #expect(page.contains("prefers-color-scheme: dark") && page.contains("@media print"))
        }
        let sweep = ReportPage(runs).html
        #expect(sweep.contains("Throughput and latency"))
        // Four distributions, two of the sweep, six timelines, and the legends' samples.
        #expect(sweep.split(separator: "<figure>").count - 1 == 12)
    }

    @Test func `has a chart for each kind of load`() throws {
        let rates = try [10.0, 20].map { try ReportedRun(Records.run(label: "ours", rate: $0, seed: 3)) }
        let loops = try [4, 16].map {
            try ReportedRun(Records.run(label: "ours", rate: .infinity, concurrency: $0, seed: 4))
        }
        for (runs, axes) in [
            (rates, ["requests per second"]), (loops, ["requests at once"]),
            (rates + loops, ["requests per second", "requests at once"]),
        ] {
            let charts = ReportPage(runs).html.split(separator: "<figure>").filter {
                $0.hasPrefix("<figcaption>Time to first token against")
            }
            #expect(charts.count == axes.count)
            for (chart, axis) in zip(charts, axes) {
                #expect(chart.contains(">\(axis)</text>"))
                // Two runs of each kind: p50 and p99 of each, and none of the other kind.
                #expect(chart.split(separator: "<circle").count - 1 == 4)
            }
        }
    }

    @Test func `of a run without one completed request is a page all the same`() throws {
        var record = RequestRecord(index: 0)
        record.outcome = .failed(.connection("refused"))
        let page = ReportPage([try ReportedRun(RunResult(RunDescription(), records: [record]))]).html
        #expect(page.contains("</html>"))
    }

    @Test func `reads result files, vLLM's too, and refuses what is none`() throws {
        let folder = try TemporaryFolder()
        let vllm = """
            {"label": "v", "model_id": "m", "request_rate": "inf", "max_concurrency": 8, "completed": 2, "failed": 1,
             "output_throughput": 9.5, "output_lens": [3, 3, 0], "ttfts": [0.1, 0.2, 0.0], "itls": [[0.01, 0.01], [0.02, 0.02], []],
             "start_times": [100.0, 100.5, 101.0], "errors": ["", "", "boom"]}
            """
        let run = try #require(try ReportedRun.read(try folder.write("v.json", Array(vllm.utf8))).first)
        #expect(run.label == "v")
        #expect(run.load?.value == 8 && run.load?.isRate == false)
        #expect(run.sample(.ttft).values == [100, 200])
        #expect(zip(run.sample(.tpot).values, [10, 20]).allSatisfy { abs($0 - $1) < 1e-9 })
        let bare = try folder.write("bare.json", Array("{\"completed\": 2}".utf8))
        #expect(throws: ReportError.self) { try ReportedRun.read(bare) }
        let broken = try folder.write("broken.json", Array("{".utf8))
        #expect(throws: JSONError.self) { try ReportedRun.read(broken) }
    }

    @Test(arguments: [
        (0, "0"), (1234.6, "1235"), (99.94, "99.9"), (1.5, "1.5"), (0.25, "0.25"), (0.001_234, "0.00123"),
        (0.821_8, "0.822"), (9.999, "10"), (-2, "-2"),
        (.infinity, "–"),
    ]) func `writes numbers short`(value: Double, text: String) {
        #expect(NumberText.short(value) == text)
    }
}
