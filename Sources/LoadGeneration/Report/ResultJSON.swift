// ResultJSON.swift — a run as `vllm bench serve` writes it, and what that has no keys for under `swiftlet`.
// LoadGeneration › Report.  Scripts that read vLLM's result files read these; units and meanings are vLLM's, except that
// latencies count from the scheduled instant and a chunk without text is no token.

package import Base

package enum ResultJSON {
    package static let shares: [(share: Double, key: String)] = [
        (0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"),
    ]

    /// - Parameter isDetailed: with the arrays that hold one entry per request, which a report needs.
    package static func write(_ result: RunResult, isDetailed: Bool, to json: inout JSONWriter) {
        json.object { json in
            writeDescription(result.description, result, &json)
            writeTotals(result, &json)
            for measure in LatencyMeasure.allCases { writeLatency(measure, result, &json) }
            writeSpeculation(result, &json)
            if isDetailed { writeRequests(result, &json) }
            json.key("swiftlet")
            json.object { writeOwn(result, isDetailed: isDetailed, &$0) }
        }
    }

    private static func writeDescription(
        _ description: RunDescription, _ result: RunResult, _ json: inout JSONWriter
    ) {
        let backend = description.endpoint.hasSuffix("chat/completions") ? "openai-chat" : "openai"
        json.field("date", description.date)
        json.field("endpoint_type", backend)
        json.field("backend", backend)
        json.field("label", description.label)
        json.field("model_id", description.model)
        json.field("tokenizer_id", description.tokenizer)
        json.field("num_prompts", result.measured.count)
        // vLLM writes the word, because JSON has no infinity.
        if description.requestRate.isFinite {
            json.field("request_rate", description.requestRate)
        } else {
            json.field("request_rate", "inf")
        }
        if description.burstiness.isFinite {
            json.field("burstiness", description.burstiness)
        } else {
            json.field("burstiness", "inf")
        }
        if let limit = description.maxConcurrency {
            json.field("max_concurrency", limit)
        } else {
            json.nullField("max_concurrency")
        }
        if let end = description.rampEndRate {
            json.field("ramp_up_strategy", "linear")
            json.field("ramp_up_start_rps", description.requestRate)
            json.field("ramp_up_end_rps", end)
        }
    }

    private static func writeTotals(_ result: RunResult, _ json: inout JSONWriter) {
        let duration = result.duration
        func perSecond(_ count: Int) -> Double { duration > 0 ? Double(count) / duration : 0 }
        json.field("duration", duration)
        json.field("completed", result.completed.count)
        json.field("failed", result.failures.count)
        json.field("total_input_tokens", result.inputTokens)
        json.field("total_output_tokens", result.outputTokens)
        json.field("request_throughput", perSecond(result.completed.count))
        if let goodput = result.goodput {
            json.field("request_goodput", goodput)
        } else {
            json.nullField("request_goodput")
        }
        json.field("output_throughput", perSecond(result.outputTokens))
        json.field("total_token_throughput", perSecond(result.inputTokens + result.outputTokens))
        json.field("max_output_tokens_per_s", result.peakOutputTokensPerSecond)
        json.field("max_concurrent_requests", result.peakConcurrency)
    }

    private static func writeLatency(_ measure: LatencyMeasure, _ result: RunResult, _ json: inout JSONWriter) {
        let sample = measure.sample(result.completed)
        let name = measure.rawValue
        json.field("mean_\(name)_ms", sample.mean)
        json.field("median_\(name)_ms", sample.quantile(0.5))
        json.field("std_\(name)_ms", sample.deviation)
        for (share, key) in shares { json.field("\(key)_\(name)_ms", sample.quantile(share)) }
    }

    private static func writeSpeculation(_ result: RunResult, _ json: inout JSONWriter) {
        guard let share = result.acceptedShare else { return }
        // vLLM's rate is in per cent.
        json.field("spec_decode_acceptance_rate", share * 100)
        guard let counts = result.speculation, counts.drafts > 0 else { return }
        json.field("spec_decode_acceptance_length", 1 + Double(counts.acceptedTokens) / Double(counts.drafts))
        json.field("spec_decode_num_drafts", counts.drafts)
        json.field("spec_decode_draft_tokens", counts.draftTokens)
        json.field("spec_decode_accepted_tokens", counts.acceptedTokens)
        json.key("spec_decode_per_position_acceptance_rates")
        json.array { json in
            for accepted in counts.acceptedPerPosition { json.number(Double(accepted) / Double(counts.drafts)) }
        }
    }

    /// One entry per measured request. Seconds; zero and empty for a request that failed, as vLLM has it.
    private static func writeRequests(_ result: RunResult, _ json: inout JSONWriter) {
        let measured = result.measured
        func list(_ key: String, _ element: (RequestRecord, inout JSONWriter) -> Void) {
            json.key(key)
            json.array { json in for record in measured { element(record, &json) } }
        }
        list("input_lens") { $1.integer($0.promptTokens) }
        list("output_lens") { $1.integer($0.outputTokens) }
        list("ttfts") { $1.number($0.timeToFirstToken ?? 0) }
        list("itls") { record, json in json.array { json in for gap in record.interTokenLatencies { json.number(gap) } }
        }
        list("start_times") { $1.number(Double($0.scheduled) / 1e9) }
        list("generated_texts") { $1.string(utf8: $0.text) }
        list("errors") { record, json in
            switch record.outcome {
            case .completed: json.string("")
            case .cancelled: json.string("cancelled")
            case .failed(let failure): json.string(failure.description)
            }
        }
    }

    private static func writeOwn(_ result: RunResult, isDetailed: Bool, _ json: inout JSONWriter) {
        json.field("url", result.description.url)
        json.field("endpoint", result.description.endpoint)
        json.field("workload", result.description.workload)
        json.field("seed", Int(clamping: result.description.seed))
        json.field("warm_up", result.description.warmUpCount)
        json.field("cool_down", result.description.coolDownCount)
        json.field("cancelled", result.cancelledCount)
        json.field("late_sends", result.lateCount)
        json.field("max_lateness_ms", (result.measured.map(\.lateness).max() ?? 0) * 1000)
        json.field("tokens_per_chunk", result.meanTokensPerChunk)
        if let share = result.cachedShare {
            json.field("cached_prompt_share", share)
        } else {
            json.nullField("cached_prompt_share")
        }
        json.field("prompt_token_disagreements", result.disagreements.prompt)
        json.field("output_token_disagreements", result.disagreements.output)
        json.key("errors_by_kind")
        json.object { json in
            let kinds = Dictionary(grouping: result.failures, by: \.kind)
            for kind in kinds.keys.sorted() { json.field(kind, kinds[kind]?.count ?? 0) }
        }
        json.key("intervals_95")
        json.object { json in
            for measure in LatencyMeasure.allCases { writeIntervals(measure, result, &json) }
        }
        writeIntruders(result, &json)
        if isDetailed {
            // What vLLM's arrays leave out and a timeline needs.
            json.key("lateness")
            json.array { json in for record in result.measured { json.number(record.lateness) } }
            json.key("e2els")
            json.array { json in for record in result.measured { json.number(record.endToEnd ?? 0) } }
        }
    }

    private static func writeIntervals(_ measure: LatencyMeasure, _ result: RunResult, _ json: inout JSONWriter) {
        let sample = measure.sample(result.completed)
        guard !sample.isEmpty else { return }
        let found = sample.intervals(shares: shares.map(\.share), resamples: resamples(for: sample))
        func write(_ key: String, _ interval: Sample.Interval) {
            json.key("\(key)_\(measure.rawValue)_ms")
            json.array { json in
                json.number(interval.low)
                json.number(interval.high)
            }
        }
        write("mean", found.mean)
        for (index, entry) in shares.enumerated() { write(entry.key, found.quantiles[index]) }
    }

    /// Fewer for samples of which a thousand would take seconds.
    private static func resamples(for sample: Sample) -> Int { sample.values.count > 20_000 ? 200 : 1000 }

    /// The short requests alone, where long prompts were sent among them.
    private static func writeIntruders(_ result: RunResult, _ json: inout JSONWriter) {
        let bystanders = result.completed.filter { !$0.isIntruder }
        guard bystanders.count < result.completed.count else { return }
        json.key("without_intruders")
        json.object { json in
            for measure in LatencyMeasure.allCases {
                let sample = measure.sample(bystanders)
                for (share, key) in shares { json.field("\(key)_\(measure.rawValue)_ms", sample.quantile(share)) }
            }
        }
    }
}
