// MetricsTests.swift — the text of /metrics, and what is counted when.

import Base
import Engine
import Server
import Testing

@Suite struct `Metrics` {
    @Test func `a family of one sample`() {
        var page = PrometheusText()
        page.value("a:b_total", .counter, "Help \\ and\nlines.", labels: ["x": "q\"\\\n", "y": ""], UInt64.max)
        #expect(
            page.text == """
                # HELP a:b_total Help \\\\ and\\nlines.
                # TYPE a:b_total counter
                a:b_total{x="q\\"\\\\\\n",y=""} 18446744073709551615

                """)
    }

    @Test func `a histogram is cumulative and ends with infinity`() {
        var histogram = Histogram(upperBounds: [0.001, 1, 2.5])
        for value in [0.0005, 1, 1.5, 99] { histogram.observe(value) }
        var page = PrometheusText()
        page.histogram("h", "H.", labels: ["m": "x"], histogram)
        #expect(
            page.text == """
                # HELP h H.
                # TYPE h histogram
                h_bucket{m="x",le="0.001"} 1
                h_bucket{m="x",le="1.0"} 2
                h_bucket{m="x",le="2.5"} 3
                h_bucket{m="x",le="+Inf"} 4
                h_sum{m="x"} 101.5005
                h_count{m="x"} 4

                """)
    }

    @Test func `numbers as Prometheus reads them`() {
        #expect(Double.infinity.prometheusText == "+Inf")
        #expect((-Double.infinity).prometheusText == "-Inf")
        #expect(Double.nan.prometheusText == "NaN")
        #expect(1e-7.prometheusText == "1e-07")
        #expect((-3).prometheusText == "-3")
    }

    @Test func `the page has vLLM's names, each family once`() {
        var statistics = EngineStatistics()
        (statistics.runningCount, statistics.blockCount, statistics.usedBlockCount) = (3, 8, 2)
        let page = MetricsPage(
            modelName: "m\"1", statistics: statistics, limits: ScriptedService().limits, server: ServerMetrics(),
            process: ProcessStatistics(residentBytes: 5, cpuSeconds: 0.5)
        ).text
        for name in [
            "num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "prefix_cache_queries_total",
            "prefix_cache_hits_total", "num_preemptions_total", "prompt_tokens_total", "generation_tokens_total",
            "request_success_total", "time_to_first_token_seconds", "inter_token_latency_seconds",
            "request_time_per_output_token_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds",
            "request_prefill_time_seconds", "request_decode_time_seconds", "iteration_tokens_total",
            "request_prompt_tokens", "request_generation_tokens", "request_max_num_generation_tokens",
            "request_params_n", "request_params_max_tokens",
        ] {
            #expect(page.components("# TYPE vllm:\(name) ") == 1, "\(name)")
        }
        #expect(page.contains("vllm:num_requests_running{model_name=\"m\\\"1\"} 3\n"))
        #expect(page.contains("vllm:kv_cache_usage_perc{model_name=\"m\\\"1\"} 0.25\n"))
        #expect(page.contains("vllm:request_success_total{model_name=\"m\\\"1\",finished_reason=\"stop\"} 0\n"))
        #expect(page.contains("process_resident_memory_bytes 5\n"))
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(Double(line.split(separator: " ").last ?? "") != nil || line.hasSuffix("+Inf"), "\(line)")
        }
    }

    @Test func `guesses are counted under vLLM's names`() {
        var statistics = EngineStatistics()
        (statistics.draftCount, statistics.draftedTokenCount, statistics.acceptedTokenCount) = (9, 30, 12)
        statistics.acceptedTokenCountByPlace = [8, 3, 1]
        let page = MetricsPage(
            modelName: "m", statistics: statistics, limits: ScriptedService().limits, server: ServerMetrics(),
            process: ProcessStatistics(residentBytes: 5, cpuSeconds: 0.5)
        ).text
        for series in [
            "drafts_total{model_name=\"m\"} 9", "draft_tokens_total{model_name=\"m\"} 30",
            "accepted_tokens_total{model_name=\"m\"} 12",
            "accepted_tokens_per_pos_total{model_name=\"m\",position=\"0\"} 8",
            "accepted_tokens_per_pos_total{model_name=\"m\",position=\"1\"} 3",
            "accepted_tokens_per_pos_total{model_name=\"m\",position=\"2\"} 1",
        ] {
            #expect(page.contains("vllm:spec_decode_num_\(series)\n"), "\(series)")
        }
        for name in ["drafts", "draft_tokens", "accepted_tokens", "accepted_tokens_per_pos"] {
            #expect(page.components("# TYPE vllm:spec_decode_num_\(name)_total counter\n") == 1, "\(name)")
        }
    }

    static func completion(
        _ ending: CompletionSession.Ending, output: Int = 10
    ) -> CompletionSession.Completion {
        var timings = RequestTimings()
        (timings.arrivalNanoseconds, timings.scheduledNanoseconds) = (1_000_000_000, 1_500_000_000)
        (timings.firstTokenNanoseconds, timings.finishedNanoseconds) = (3_000_000_000, 12_000_000_000)
        return CompletionSession.Completion(
            ending: ending, promptTokenCount: 7, cachedTokenCount: 0, outputTokenCount: output, timings: timings)
    }

    @Test func `a finished request is observed in every phase`() {
        var metrics = ServerMetrics()
        metrics.observeEnd(Self.completion(.stop))
        #expect(metrics.outcomes == [.stop: 1])
        #expect(metrics.queue.sum == 0.5)
        #expect(metrics.prefill.sum == 1.5)
        #expect(metrics.decode.sum == 9)
        #expect(metrics.timeToFirstToken.sum == 2)
        #expect(metrics.endToEnd.sum == 11)
        #expect(metrics.inference.sum == 10.5)
        #expect(metrics.timePerOutputToken.sum == 1)
        #expect(metrics.promptTokens.sum == 7)
        #expect(metrics.generationTokens.sum == 10)
    }

    @Test func `what was asked for is observed once for each prompt`() {
        var metrics = ServerMetrics()
        metrics.observeChoices([Self.completion(.stop, output: 3), Self.completion(.length, output: 9)], maxTokens: 12)
        #expect(metrics.askedChoices.count == 1 && metrics.askedChoices.sum == 2)
        #expect(metrics.askedTokens.count == 2 && metrics.askedTokens.sum == 24)
        #expect(metrics.longestChoice.count == 1 && metrics.longestChoice.sum == 9)
        metrics.observeChoices([Self.completion(.stop), Self.completion(.cancelled)], maxTokens: 12)
        #expect(metrics.askedChoices.count == 1)
    }

    @Test func `one token has no time per further token`() {
        var metrics = ServerMetrics()
        metrics.observeEnd(Self.completion(.length, output: 1))
        #expect(metrics.timePerOutputToken.count == 0)
        #expect(metrics.endToEnd.count == 1)
    }

    @Test func `aborted and failed requests are counted, not timed`() {
        var metrics = ServerMetrics()
        metrics.observeEnd(Self.completion(.cancelled))
        metrics.observeEnd(Self.completion(.failed("x")))
        #expect(metrics.outcomes == [.abort: 1, .error: 1])
        #expect(metrics.endToEnd.count == 0)
    }

    @Test func `phases that were never reached are not observed`() {
        var metrics = ServerMetrics()
        var completion = Self.completion(.length, output: 0)
        completion.timings = RequestTimings()
        metrics.observeEnd(completion)
        #expect(metrics.queue.count == 0 && metrics.decode.count == 0)
    }

    @Test func `bucket edges ascend and hold vLLM's`() {
        for bounds in [
            ServerMetrics.phaseBounds, ServerMetrics.firstTokenBounds, ServerMetrics.perTokenBounds,
            ServerMetrics.tokenCountBounds,
        ] {
            #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(Set(ServerMetrics.phaseBounds).isSuperset(of: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 7680]))
        #expect(Set(ServerMetrics.perTokenBounds).isSuperset(of: [0.01, 0.025, 0.05, 80]))
        #expect(
            Set(ServerMetrics.firstTokenBounds).isSuperset(of: [
                0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
                640, 2560,
            ]))
        #expect(ServerMetrics.firstTokenBounds[0...2] == [0.0005, 0.001, 0.002])
    }

    @Test func `this process has memory and has used time`() {
        let process = ProcessStatistics.current()
        #expect(process.residentBytes > 1 << 20)
        #expect(process.cpuSeconds > 0)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
