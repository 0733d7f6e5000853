// LimitWireTests.swift — keys and limits over real sockets.

import Base
import Engine
import Limiting
import Network
import Server
import TestSupport
import Testing

/// One tenant with one key, `secret`.
private func ring(
    _ limits: RateLimits, wait: Int = 0, room: Int = 256, models: [String]? = nil, reserved: Int = 1_024
) -> KeyRing {
    KeyRing(
        keys: [APIKey(digest: KeyDigest(of: "secret".utf8), tenant: "team", models: models)],
        tenants: [Tenant(name: "team", weight: 3, limits: limits, cacheQuota: 0.25)],
        waitLimits: WaitLimits(count: room, milliseconds: wait), reservedOutputTokens: reserved)
}

private let bearer = "authorization: Bearer secret\r\n"

extension TestServer {
    fileprivate static func start(
        _ service: ScriptedService, _ ring: KeyRing, time: any TimeSource = MonotonicTime()
    ) async throws -> TestServer {
        try await start(service, time: time) { $0.authentication = Authentication(ring: ring) }
    }

    /// A completion for `prompt`, with the key.
    fileprivate func complete(
        _ prompt: String, maxTokens: Int = 4, more: String = "", headers: String = ""
    ) async throws -> TestClient.Response {
        try await request(
            Self.post(
                "/v1/completions", #"{"prompt":"\#(prompt)","max_tokens":\#(maxTokens)\#(more)}"#, bearer + headers))
    }
}

extension TestClient.Response {
    fileprivate var limits: [String: String] {
        var found: [String: String] = [:]
        for name in ["limit", "remaining", "reset"].flatMap({ ["\($0)-requests", "\($0)-tokens"] }) {
            found[name] = header("x-ratelimit-\(name)")
        }
        return found
    }

    fileprivate var errorCode: String? { (try? json(body))?["error"]?["code"]?.string }
}

@Suite(.onTheLoop) struct `Limits on the wire` {
    @Test func `every answer tells the balances, with its own reservation taken`() async throws {
        let time = ManualTime()
        let service = ScriptedService { _ in .say("Hi") }
        let server = try await TestServer.start(
            service, ring(RateLimits(requestsPerMinute: 60, outputTokensPerMinute: 600)), time: time)
        let first = try await server.complete("abc", maxTokens: 10)
        #expect(first.status == 200)
        #expect(
            first.limits == [
                "limit-requests": "60", "remaining-requests": "59", "reset-requests": "1s", "limit-tokens": "600",
                "remaining-tokens": "590", "reset-tokens": "1s",
            ])
        // Two tokens and the end were generated, so 7 of the 10 came back.
        #expect(try await server.complete("abc", maxTokens: 10).limits["remaining-tokens"] == "587")
        try await server.stop()
    }

    @Test func `a retry after the time that was told succeeds, and one a millisecond earlier fails`() async throws {
        let time = ManualTime()
        let server = try await TestServer.start(
            ScriptedService { _ in .say("Hi") }, ring(RateLimits(requestsPerMinute: 7)), time: time)
        for _ in 0..<7 { #expect(try await server.complete("a").status == 200) }
        let refused = try await server.complete("a")
        #expect(refused.status == 429)
        #expect(refused.errorCode == "rate_limit_exceeded")
        #expect(refused.header("retry-after") == "9")
        #expect(refused.limits["remaining-requests"] == "0")
        let wait = try #require(refused.header("retry-after-ms").flatMap { UInt64($0) })
        #expect(wait == 8_572)
        time.advance(nanoseconds: (wait - 1) * 1_000_000)
        #expect(try await server.complete("a").header("retry-after-ms") == "1")
        time.advance(nanoseconds: 1_000_000)
        #expect(try await server.complete("a").status == 200)
        try await server.stop()
    }

    @Test func `a request that was counted before it was refused is told when it can be counted again`() async throws {
        let time = ManualTime()
        let server = try await TestServer.start(
            ScriptedService { _ in .say(String(repeating: "x", count: 57)) },
            ring(RateLimits(requestsPerMinute: 2, outputTokensPerMinute: 60)), time: time)
        #expect(try await server.complete("a", maxTokens: 60).status == 200)
        // Two tokens are left, so eight are missing: eight seconds. But this request was the minute's second.
        let refused = try await server.complete("a", maxTokens: 10)
        #expect(refused.status == 429 && refused.body.contains("at most 60 output tokens per minute"))
        #expect(refused.header("retry-after-ms") == "30000")
        time.advance(nanoseconds: 29_999_000_000)
        #expect(try await server.complete("a", maxTokens: 10).header("retry-after-ms") == "1")
        time.advance(nanoseconds: 1_000_000)
        #expect(try await server.complete("a", maxTokens: 10).status == 200)
        try await server.stop()
    }

    @Test func `what can never fit is refused without hope`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service, ring(RateLimits(inputTokensPerMinute: 5), wait: 5_000))
        let refused = try await server.complete("abcdef")
        #expect(refused.status == 429)
        #expect(refused.header("x-should-retry") == "false")
        #expect(refused.header("retry-after") == nil)
        #expect(service.submitted.isEmpty)
        try await server.stop()
    }

    @Test func `a request that needs more than its share of the cache is refused without hope`() async throws {
        let service = ScriptedService { _ in .say("Hi") }
        // 100 blocks of 16 places: 25 of them.
        let server = try await TestServer.start(service, ring(RateLimits(cacheShare: 1 / 64), wait: 5_000))
        let refused = try await server.complete("0123456789", maxTokens: 16)
        #expect(refused.status == 429 && refused.errorCode == "rate_limit_exceeded")
        #expect(refused.body.contains("at most 25 tokens in the KV cache, 26 more requested"))
        #expect(refused.header("x-should-retry") == "false")
        #expect(refused.header("retry-after") == nil && refused.header("retry-after-ms") == nil)
        #expect(service.submitted.isEmpty)
        #expect(try await server.complete("0123456789", maxTokens: 15).status == 200)
        try await server.stop()
    }

    @Test func `a full waiting room is 503, whoever comes`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(
            service, ring(RateLimits(concurrentRequests: 1), wait: 60_000, room: 2))
        async let first = server.complete("a")
        let id = try await service.requests(1)[0]
        async let second = server.complete("b")
        async let third = server.complete("c")
        #expect(try await eventually { server.server.waitingForLimits == 2 })
        let refused = try await server.complete("d")
        #expect(refused.status == 503 && refused.errorCode == "queue_full")
        #expect(refused.header("retry-after") == "1" && refused.header("retry-after-ms") == "1000")
        #expect(refused.header("x-should-retry") == nil)
        service.finish(id, .length)
        for count in 2...3 { service.finish(try await service.requests(count)[count - 1], .length) }
        let statuses = [try await first.status, try await second.status, try await third.status]
        #expect(statuses == [200, 200, 200])
        let page = try await server.get("/metrics", bearer).body
        #expect(page.contains(#"swiftlet:limiter_refused_total{tenant="team",limit="waiting_room"} 1"# + "\n"))
        try await server.stop()
    }

    @Test func `a request without max_tokens reserves no more than its smallest limit`() async throws {
        let server = try await TestServer.start(
            ScriptedService { _ in .say("Hi") }, ring(RateLimits(outputTokensPerMinute: 50)))
        let answer = try await server.request(
            TestServer.post(
                "/v1/chat/completions", #"{"messages":[{"role":"user","content":"Hi"}]}"#, bearer))
        #expect(answer.status == 200)
        #expect(answer.limits["remaining-tokens"] == "0")
        try await server.stop()
    }

    @Test func `one that is over a limit waits, and goes on when something comes back`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service, ring(RateLimits(concurrentRequests: 1), wait: 60_000))
        async let first = server.complete("a")
        let id = try await service.requests(1)[0]
        async let second = server.complete("b")
        #expect(try await eventually { server.server.waitingForLimits == 1 })
        #expect(service.submitted.count == 1)
        service.send(id, "x")
        service.finish(id, .length)
        #expect(try await first.status == 200)
        let next = try await service.requests(2)[1]
        service.finish(next, .length)
        #expect(try await second.status == 200)
        try await server.stop()
    }

    @Test func `a client that leaves while it waits is forgotten`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service, ring(RateLimits(concurrentRequests: 1), wait: 60_000))
        async let first = server.complete("a")
        let id = try await service.requests(1)[0]
        let leaver = try TestClient(port: server.port)
        try leaver.send(TestServer.post("/v1/completions", #"{"prompt":"b","max_tokens":2}"#, bearer))
        #expect(try await eventually { server.server.waitingForLimits == 1 })
        leaver.reset()
        #expect(try await eventually { server.server.waitingForLimits == 0 })
        service.finish(id, .length)
        #expect(try await first.status == 200)
        #expect(service.submitted.count == 1)
        try await server.stop()
    }

    @Test func `what the cache had goes back with the first step, the rest when the client leaves`() async throws {
        let time = ManualTime()
        let service = ScriptedService()
        let server = try await TestServer.start(
            service,
            ring(RateLimits(inputTokensPerMinute: 100, outputTokensPerMinute: 100, concurrentRequests: 3)), time: time)
        func balance(_ resource: Resource) async throws -> Int? {
            try await LoopThread.run { server.server.balance(of: resource, ofTenant: "team")?.remaining }
        }
        let client = try TestClient(port: server.port)
        try client.send(
            TestServer.post("/v1/completions", #"{"prompt":"0123456789","max_tokens":40,"stream":true}"#, bearer))
        let id = try await service.requests(1)[0]
        #expect(try await balance(.inputTokens) == 90)
        #expect(try await balance(.outputTokens) == 60)
        #expect(try await balance(.concurrentRequests) == 2)
        service.change { $0.cachedTokenCount = 8 }
        service.admit(id)
        #expect(try await eventually { server.server.balance(of: .inputTokens, ofTenant: "team")?.remaining == 98 })
        service.send(id, "abc")
        _ = try client.receive(until: "abc")
        client.reset()
        // Three tokens were generated; nothing else was.
        #expect(
            try await eventually { server.server.balance(of: .outputTokens, ofTenant: "team")?.remaining == 97 })
        #expect(try await balance(.inputTokens) == 98)
        #expect(try await balance(.concurrentRequests) == 3)
        try await server.stop()
    }

    @Test func `metrics tell what requests asked for`() async throws {
        let server = try await TestServer.start(ScriptedService { _ in .say("abcdefgh") }, ring(RateLimits()))
        #expect(try await server.complete("a", maxTokens: 5, more: #","n":3"#).status == 200)
        let page = try await server.get("/metrics", bearer).body
        for line in [
            #"request_params_n_sum{model_name="tiny"} 3"#, #"request_params_n_count{model_name="tiny"} 1"#,
            #"request_params_max_tokens_sum{model_name="tiny"} 15"#,
            #"request_max_num_generation_tokens_sum{model_name="tiny"} 5"#,
        ] { #expect(page.contains("vllm:" + line), "\(line)") }
        try await server.stop()
    }

    @Test func `several choices are charged for their work, and the prompt once`() async throws {
        let time = ManualTime()
        let service = ScriptedService()
        let server = try await TestServer.start(
            service, ring(RateLimits(inputTokensPerMinute: 500, outputTokensPerMinute: 500)), time: time)
        let prompt = String(repeating: "x", count: 100)
        async let answer = server.complete(prompt, maxTokens: 20, more: #","n":3"#)
        let ids = try await service.requests(3)
        // The first choice computes the prompt, the others only its last block.
        service.admit(ids[0])
        service.change { $0.cachedTokenCount = 96 }
        for id in ids[1...] { service.admit(id) }
        for id in ids { service.send(id, "ab") }
        for id in ids { service.finish(id, .stopToken(ByteCodec.end)) }
        #expect(try await answer.limits["remaining-tokens"] == "368")  // 500 − 100 − 2 · 16 input tokens
        #expect(
            try await eventually {
                server.server.balance(of: .inputTokens, ofTenant: "team")?.remaining == 500 - 100 - 2 * 4
                    && server.server.balance(of: .outputTokens, ofTenant: "team")?.remaining == 500 - 3 * 3
            })
        try await server.stop()
    }

    @Test func `a prompt that is only echoed is charged no output`() async throws {
        let service = ScriptedService { _ in .say("z") }
        let server = try await TestServer.start(
            service, ring(RateLimits(inputTokensPerMinute: 100, outputTokensPerMinute: 10)), time: ManualTime())
        let answer = try await server.complete("abc", maxTokens: 0, more: #","echo":true,"n":12"#)
        #expect(answer.status == 200)
        #expect(
            try await eventually {
                server.server.balance(of: .inputTokens, ofTenant: "team")?.remaining ?? 100 < 100
                    && server.server.balance(of: .outputTokens, ofTenant: "team")?.remaining == 10
            })
        try await server.stop()
    }

    @Test func `sixty-four clients at once get no more than there is`() async throws {
        let service = ScriptedService { _ in .say("abcdefghi") }
        // 40 requests of 10 tokens at once, and the refill.
        let capacity = 400
        let server = try await TestServer.start(
            service, ring(RateLimits(outputTokensPerMinute: capacity, concurrentRequests: 64)))
        let start = MonotonicTime().nanoseconds()
        let port = server.port
        let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try await LoopThread.blocking {
                        let client = try TestClient(port: port)
                        return try (0..<4).map { _ in
                            try client.send(
                                TestServer.post("/v1/completions", #"{"prompt":"a","max_tokens":10}"#, bearer))
                            return try client.response().status
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let minutes = Double(MonotonicTime().nanoseconds() - start) / 60e9
        let grantedCount = statuses.count { $0 == 200 }
        #expect(statuses.allSatisfy { $0 == 200 || $0 == 429 })
        #expect(statuses.count == 256 && grantedCount >= 40)
        #expect(Double(grantedCount * 10) <= Double(capacity) * (1 + minutes) + 1)
        #expect(service.submitted.count == grantedCount)
        try await server.stop()
    }

    @Test func `a tenant's requests carry its weight, its quota and its namespace`() async throws {
        let service = ScriptedService { _ in .say("Hi") }
        let server = try await TestServer.start(service, ring(RateLimits()))
        _ = try await server.complete("a", more: #","cache_salt":"pepper","priority":-5"#)
        let request = try #require(service.submitted.first)
        #expect(request.tenant == EngineTenant(id: 1, weight: 3, cacheQuota: 25))
        #expect(request.cacheNamespace == CacheNamespace(tenant: 1, salt: Array("pepper".utf8)))
        // Nobody goes before other tenants by asking for it.
        #expect(request.priority == 0)
        try await server.stop()
    }

    @Test func `a key may be held to some models`() async throws {
        let server = try await TestServer.start(
            ScriptedService { _ in .say("Hi") }, ring(RateLimits(), models: ["other"]))
        let answer = try await server.complete("a")
        #expect(answer.status == 403 && answer.errorCode == "model_not_allowed")
        // Its tokenizer is part of the model.
        for (path, body) in [
            ("/tokenize", #"{"prompt":"a"}"#), ("/detokenize", #"{"tokens":[65]}"#),
            ("/apply-template", #"{"messages":[{"role":"user","content":"a"}]}"#),
        ] {
            let answer = try await server.request(TestServer.post(path, body, bearer))
            #expect(answer.status == 403 && answer.errorCode == "model_not_allowed", "\(path)")
        }
        try await server.stop()
    }

    @Test func `keys and limits can be replaced while balances go on`() async throws {
        let time = ManualTime()
        let server = try await TestServer.start(
            ScriptedService { _ in .say("Hi") }, ring(RateLimits(requestsPerMinute: 10)), time: time)
        for _ in 0..<4 { #expect(try await server.complete("a").status == 200) }
        try await LoopThread.run {
            var newest = ServerConfiguration()
            newest.authentication = Authentication(ring: ring(RateLimits(requestsPerMinute: 5)))
            server.server.reload(newest)
        }
        #expect(server.service.tenants == [EngineTenant(id: 1, weight: 3, cacheQuota: 25)])
        #expect(try await server.complete("a").limits["remaining-requests"] == "4")
        try await LoopThread.run {
            var newest = ServerConfiguration()
            newest.authentication = Authentication(keys: ["another"])
            server.server.reload(newest)
        }
        #expect(server.service.tenants.contains(EngineTenant(id: 1)))
        #expect(try await server.complete("a").status == 401)
        try await server.stop()
    }

    @Test func `metrics count by tenant, and name nobody else`() async throws {
        let server = try await TestServer.start(
            ScriptedService { _ in .say("Hi") }, ring(RateLimits(requestsPerMinute: 3, inputTokensPerMinute: 900)))
        for _ in 0..<3 { _ = try await server.complete("abcd") }
        #expect(try await server.complete("abcd").status == 429)
        _ = try await server.request(
            TestServer.post("/v1/completions", "{}", "authorization: Bearer stranger\r\n"))
        let page = try await server.get("/metrics", bearer).body
        for line in [
            #"swiftlet:limiter_refused_total{tenant="team",limit="requests"} 1"#,
            #"swiftlet:limiter_settled_total{tenant="team",resource="requests"} 3"#,
            #"swiftlet:limiter_settled_total{tenant="team",resource="input_tokens"} 12"#,
            #"swiftlet:limiter_settled_total{tenant="team",resource="output_tokens"} 9"#,
            #"swiftlet:limiter_limit{tenant="team",resource="requests"} 3"#,
            #"swiftlet:limiter_waiting{tenant="team"} 0"#,
        ] { #expect(page.contains(line + "\n"), "\(line)") }
        #expect(!page.contains("stranger"))
        try await server.stop()
    }

    @Test func `logs tell who and how long, and never what was said or with which key`() async throws {
        let server = try await TestServer.start(
            ScriptedService { _ in .say("canary-answer") }, ring(RateLimits(inputTokensPerMinute: 100)))
        _ = try await server.complete("canary-prompt", maxTokens: 50, more: #","user":"canary-user""#)
        _ = try await server.complete(String(repeating: "canary-large ", count: 20))
        _ = try await server.request(
            TestServer.post("/v1/completions?q=canary-query", #"{"prompt":canary-broken}"#, bearer))
        _ = try await server.request(
            TestServer.post("/v1/completions", #"{"prompt":"a"}"#, "authorization: Bearer canary-key\r\n"))
        try await server.stop()
        #expect(server.log.lines.count == 4)
        #expect(server.log.lines[0]["tenant"]?.string == "team")
        #expect(server.log.lines[0]["request_id"]?.string != nil)
        #expect(!server.log.text.contains("canary"))
        #expect(!server.log.text.contains("secret"))
    }
}
