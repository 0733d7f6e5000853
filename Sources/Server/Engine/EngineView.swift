// EngineView.swift — a look at the engine, as JSON.
// Server › Engine.

import Base
package import Engine

/// The answer of GET /v1/engine. Numbers that /metrics has too stand under `metrics` with the same names.
package struct EngineView: Sendable {
    package var snapshot: EngineSnapshot
    package var limits: EngineLimits
    package var codec: any TextCodec
    package var asksForBlock: Bool
    package var firstTokens: RecentTimes

    package init(
        snapshot: EngineSnapshot, limits: EngineLimits, codec: any TextCodec, asksForBlock: Bool = false,
        firstTokens: RecentTimes = RecentTimes()
    ) {
        self.snapshot = snapshot
        self.limits = limits
        self.codec = codec
        self.asksForBlock = asksForBlock
        self.firstTokens = firstTokens
    }

    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("step", Int(snapshot.statistics.stepCount))
            json.field("busy", snapshot.statistics.isBusy)
            json.key("metrics")
            json.object { writeMetrics(to: &$0) }
            json.key("blocks")
            json.object { writeBlocks(to: &$0) }
            json.key("requests")
            json.array { json in
                for request in snapshot.requests { json.object { write(request, to: &$0) } }
            }
            json.key("steps")
            json.object { writeSteps(to: &$0) }
            json.key("first_tokens")
            json.object { json in
                write("ago_ms", firstTokens.entries.map { milliseconds(since: $0.nanoseconds) }, to: &json)
                write("ms", firstTokens.entries.map { Self.milliseconds($0.duration) }, to: &json)
            }
            if asksForBlock {
                json.key("block")
                if let block = snapshot.block { json.object { write(block, to: &$0) } } else { json.null() }
            }
        }
        return json.bytes
    }

    // MARK: - Parts

    private func writeMetrics(to json: inout JSONWriter) {
        let statistics = snapshot.statistics
        json.field("vllm:num_requests_running", statistics.runningCount)
        json.field("vllm:num_requests_waiting", statistics.waitingCount)
        json.field("swiftlet:num_requests_paused", statistics.pausedCount)
        json.field("swiftlet:kv_cache_used_blocks", statistics.usedBlockCount)
        json.field("swiftlet:kv_cache_cached_blocks", statistics.cachedBlockCount)
        let counters: [(String, UInt64)] = [
            ("vllm:prefix_cache_queries_total", statistics.prefixQueriedTokenCount),
            ("vllm:prefix_cache_hits_total", statistics.prefixHitTokenCount),
            ("vllm:num_preemptions_total", statistics.preemptionCount),
            ("vllm:prompt_tokens_total", statistics.promptTokenCount),
            ("vllm:generation_tokens_total", statistics.generatedTokenCount),
            ("vllm:spec_decode_num_drafts_total", statistics.draftCount),
            ("vllm:spec_decode_num_draft_tokens_total", statistics.draftedTokenCount),
            ("vllm:spec_decode_num_accepted_tokens_total", statistics.acceptedTokenCount),
            ("swiftlet:engine_steps_total", statistics.stepCount),
        ]
        for (name, value) in counters { json.field(name, Int(value)) }
    }

    /// The map in runs: `[[state, count], …]`.
    private func writeBlocks(to json: inout JSONWriter) {
        let statistics = snapshot.statistics
        json.field("count", statistics.blockCount)
        json.field("tokens_per_block", limits.tokensPerBlock)
        json.field("bytes", limits.kvCacheBytes)
        json.field("free", statistics.blockCount - statistics.usedBlockCount - statistics.cachedBlockCount)
        json.field("cached", statistics.cachedBlockCount)
        json.field("used", statistics.usedBlockCount - snapshot.sharedBlockCount)
        json.field("shared", snapshot.sharedBlockCount)
        json.field("shown", snapshot.blocks.count)
        json.key("map")
        json.array { json in
            var start = 0
            while start < snapshot.blocks.count {
                let state = snapshot.blocks[start]
                let end = snapshot.blocks[start...].firstIndex { $0 != state } ?? snapshot.blocks.count
                json.array { json in
                    json.string("\(state)")
                    json.integer(end - start)
                }
                start = end
            }
        }
    }

    private func write(_ request: EngineSnapshot.RequestView, to json: inout JSONWriter) {
        json.field("id", Int(request.id.rawValue))
        json.field("state", request.state.rawValue)
        json.field("age_ms", Self.milliseconds(request.ageNanoseconds))
        json.field("prompt_tokens", request.promptCount)
        json.field("cached_tokens", request.cachedTokenCount)
        json.field("computed_tokens", request.computedCount)
        json.field("output_tokens", request.outputCount)
        json.field("drafted_tokens", request.draftedTokenCount)
        json.field("accepted_tokens", request.acceptedTokenCount)
        write("blocks", request.blocks.map(\.index), to: &json)
    }

    /// One array for each number, the oldest step first.
    private func writeSteps(to json: inout JSONWriter) {
        let steps = snapshot.steps
        json.field("first", Int(steps.first?.number ?? 0))
        write("ago_ms", steps.map { milliseconds(since: $0.endNanoseconds) }, to: &json)
        write("ms", steps.map { Self.milliseconds($0.endNanoseconds &- $0.startNanoseconds) }, to: &json)
        write("prefill", steps.map(\.prefillRowCount), to: &json)
        write("decode", steps.map(\.decodeRowCount), to: &json)
        write("drafted", steps.map(\.draftRowCount), to: &json)
        write("accepted", steps.map(\.acceptedCount), to: &json)
        write("generated", steps.map(\.generatedCount), to: &json)
        write("running", steps.map(\.runningCount), to: &json)
        write("waiting", steps.map(\.waitingCount), to: &json)
        write("used_blocks", steps.map(\.usedBlockCount), to: &json)
        write("cached_blocks", steps.map(\.cachedBlockCount), to: &json)
    }

    private func write(_ block: EngineSnapshot.BlockView, to json: inout JSONWriter) {
        json.field("id", block.block.index)
        json.field("state", "\(block.state)")
        json.field("references", block.referenceCount)
        write("requests", block.requests.map { Int($0.rawValue) }, to: &json)
        guard let tokens = block.tokens else { return json.nullField("text") }
        var text = codec.makePromptDetokenizer()
        json.field("tokens", tokens.count)
        json.field("text", utf8: tokens.flatMap { text.push($0) } + text.finish())
    }

    // MARK: - Numbers

    private func write(_ name: String, _ values: [Int], to json: inout JSONWriter) {
        json.key(name)
        json.array { json in
            for value in values { json.integer(value) }
        }
    }

    private func write(_ name: String, _ values: [Double], to json: inout JSONWriter) {
        json.key(name)
        json.array { json in
            for value in values { json.number(value) }
        }
    }

    /// A moment may be a little later than the look at the engine.
    private func milliseconds(since moment: UInt64) -> Double {
        Self.milliseconds(snapshot.nanoseconds > moment ? snapshot.nanoseconds - moment : 0)
    }

    /// To the microsecond.
    private static func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000) / 1_000 }
}
