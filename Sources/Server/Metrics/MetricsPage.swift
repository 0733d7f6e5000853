// MetricsPage.swift — the text of GET /metrics.
// Server › Metrics.  vLLM's names (its Grafana dashboards work as they are); what vLLM lacks is named swiftlet:….

import Base
package import Engine

/// Joins the engine's statistics and the server's own observations.
package struct MetricsPage: Sendable {
    package var modelName: String
    package var statistics: EngineStatistics
    /// Nil while the model is loaded.
    package var limits: EngineLimits?
    package var server: ServerMetrics
    package var process: ProcessStatistics
    /// Of the keys file; empty where there is none.
    package var tenants: [TenantReport]
    package var tenantCounts: TenantCounts

    package init(
        modelName: String, statistics: EngineStatistics, limits: EngineLimits?, server: ServerMetrics,
        process: ProcessStatistics, tenants: [TenantReport] = [], tenantCounts: TenantCounts = TenantCounts()
    ) {
        self.tenants = tenants
        self.tenantCounts = tenantCounts
        self.modelName = modelName
        self.statistics = statistics
        self.limits = limits
        self.server = server
        self.process = process
    }

    package var text: String {
        var page = PrometheusText()
        writeGauges(&page)
        writeCounters(&page)
        if !tenants.isEmpty { writeTenants(&page) }
        writeHistograms(&page)
        writeProcess(&page)
        return page.text
    }

    private var model: PrometheusText.Labels { ["model_name": modelName] }

    private func writeGauges(_ page: inout PrometheusText) {
        page.value(
            "vllm:num_requests_running", .gauge, "Requests in the running batch.", labels: model,
            statistics.runningCount)
        page.value(
            "vllm:num_requests_waiting", .gauge, "Requests waiting to be scheduled.", labels: model,
            statistics.waitingCount)
        page.value(
            "swiftlet:num_requests_paused", .gauge, "Requests whose client does not read fast enough.", labels: model,
            statistics.pausedCount)
        page.value(
            "vllm:kv_cache_usage_perc", .gauge, "Share of KV cache blocks held by requests; 1 is all.", labels: model,
            statistics.blockCount == 0 ? 0.0 : Double(statistics.usedBlockCount) / Double(statistics.blockCount))
        page.value(
            "swiftlet:kv_cache_used_blocks", .gauge, "KV cache blocks held by requests.", labels: model,
            statistics.usedBlockCount)
        page.value(
            "swiftlet:kv_cache_cached_blocks", .gauge, "Free KV cache blocks that keep a reusable prefix.",
            labels: model, statistics.cachedBlockCount)
        guard let limits else { return }
        page.value(
            "vllm:cache_config_info", .gauge, "The KV cache's size; the value is always 1.",
            labels: [
                "model_name": modelName, "block_size": String(limits.tokensPerBlock),
                "num_gpu_blocks": String(limits.blockCount), "cache_bytes": String(limits.kvCacheBytes),
            ], 1)
        page.value(
            "swiftlet:weight_bytes", .gauge, "The models' weights as they lie in memory.", labels: model,
            limits.weightBytes)
        page.value(
            "swiftlet:kv_cache_bytes", .gauge, "The KV cache's size, which it never exceeds.", labels: model,
            limits.kvCacheBytes)
    }

    private func writeCounters(_ page: inout PrometheusText) {
        page.value(
            "vllm:prefix_cache_queries_total", .counter, "Prompt tokens looked up in the prefix cache.", labels: model,
            statistics.prefixQueriedTokenCount)
        page.value(
            "vllm:prefix_cache_hits_total", .counter, "Prompt tokens found in the prefix cache.", labels: model,
            statistics.prefixHitTokenCount)
        page.value(
            "vllm:num_preemptions_total", .counter, "Requests put back to waiting for want of blocks.", labels: model,
            statistics.preemptionCount)
        page.value(
            "vllm:prompt_tokens_total", .counter, "Prompt tokens processed.", labels: model,
            statistics.promptTokenCount)
        page.value(
            "vllm:generation_tokens_total", .counter, "Tokens generated.", labels: model,
            statistics.generatedTokenCount)
        page.value(
            "vllm:spec_decode_num_drafts_total", .counter, "Drafts computed.", labels: model, statistics.draftCount)
        page.value(
            "vllm:spec_decode_num_draft_tokens_total", .counter, "Drafted tokens computed.", labels: model,
            statistics.draftedTokenCount)
        page.value(
            "vllm:spec_decode_num_accepted_tokens_total", .counter, "Drafted tokens that came true.", labels: model,
            statistics.acceptedTokenCount)
        page.family(
            "vllm:spec_decode_num_accepted_tokens_per_pos_total", .counter,
            "Drafts whose token at this place came true.")
        for (place, count) in statistics.acceptedTokenCountByPlace.enumerated() {
            page.sample(
                "vllm:spec_decode_num_accepted_tokens_per_pos_total",
                ["model_name": modelName, "position": String(place)], count)
        }
        page.value(
            "swiftlet:engine_steps_total", .counter, "Steps the engine has made.", labels: model, statistics.stepCount)
        page.family("vllm:request_success_total", .counter, "Requests ended, by reason.")
        for outcome in ServerMetrics.Outcome.allCases {
            page.sample(
                "vllm:request_success_total", ["model_name": modelName, "finished_reason": outcome.rawValue],
                server.outcomes[outcome] ?? 0)
        }
        page.family("http_requests_total", .counter, "HTTP responses; status 499 is a client that left.")
        for (key, count) in server.responses.sorted(by: { $0.key < $1.key }) {
            page.sample(
                "http_requests_total", ["handler": key.handler, "method": key.method, "status": String(key.status)],
                count)
        }
    }

    private func writeHistograms(_ page: inout PrometheusText) {
        page.histogram(
            "vllm:iteration_tokens_total", "Tokens computed per engine step.", labels: model, statistics.rowsPerStep)
        page.histogram(
            "vllm:time_to_first_token_seconds", "From arrival to the first token.", labels: model,
            server.timeToFirstToken)
        page.histogram(
            "vllm:inter_token_latency_seconds", "Between two tokens of one request.", labels: model,
            server.interTokenLatency)
        page.histogram(
            "vllm:request_time_per_output_token_seconds", "A request's mean time per token after its first.",
            labels: model, server.timePerOutputToken)
        page.histogram(
            "vllm:e2e_request_latency_seconds", "From arrival to the last token.", labels: model, server.endToEnd)
        page.histogram(
            "vllm:request_queue_time_seconds", "From arrival to the first step.", labels: model, server.queue)
        page.histogram(
            "vllm:request_prefill_time_seconds", "From the first step to the first token.", labels: model,
            server.prefill)
        page.histogram(
            "vllm:request_decode_time_seconds", "From the first token to the last.", labels: model, server.decode)
        page.histogram(
            "vllm:request_inference_time_seconds", "From the first step to the last token.", labels: model,
            server.inference)
        page.histogram(
            "vllm:request_prompt_tokens", "Prompt tokens of a request.", labels: model, server.promptTokens)
        page.histogram(
            "vllm:request_generation_tokens", "Tokens generated for a request.", labels: model,
            server.generationTokens)
        page.histogram(
            "vllm:request_max_num_generation_tokens", "Tokens of the longest answer to a prompt.", labels: model,
            server.longestChoice)
        page.histogram(
            "vllm:request_params_n", "Answers that were asked for, to one prompt.", labels: model,
            server.askedChoices)
        page.histogram(
            "vllm:request_params_max_tokens", "Tokens that an answer was allowed.", labels: model,
            server.askedTokens)
    }

    private func writeProcess(_ page: inout PrometheusText) {
        page.value(
            "process_resident_memory_bytes", .gauge, "Resident memory of the server.", process.residentBytes)
        page.value("process_cpu_seconds_total", .counter, "User and system time used.", process.cpuSeconds)
    }
}
