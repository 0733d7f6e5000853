// RoutesWireTests.swift — probes, models, metrics, errors and the log over real sockets.

import Base
import Engine
import Network
import Server
import TestSupport
import Testing

@Suite(.onTheLoop) struct `Routes on the wire` {
    @Test func `models`() async throws {
        let server = try await TestServer.start(ScriptedService(maxModelLength: 99))
        let list = try await server.get("/v1/models")
        let entry = #"{"id":"tiny","object":"model","created":1700000000,"owned_by":"swiftlet","max_model_len":99}"#
        #expect(list.status == 200)
        #expect(list.body == "{\"object\":\"list\",\"data\":[\(entry)]}")
        #expect(try await server.get("/v1/models/tiny").body == entry)
        let unknown = try await server.get("/v1/models/owner/other")
        #expect(unknown.status == 404)
        #expect(try json(unknown.body)["error"]?["code"]?.string == "model_not_found")
        try await server.stop()
    }

    @Test func `before the model is loaded`() async throws {
        let server = try await TestServer.start(ScriptedService(), loads: false)
        #expect(try await server.get("/health").status == 200)
        #expect(try await server.get("/metrics").status == 200)
        for path in ["/ready", "/v1/models"] {
            let response = try await server.get(path)
            #expect(response.status == 503)
            #expect(response.header("retry-after") == "1")
            #expect(try json(response.body)["error"]?["code"]?.string == "model_loading")
        }
        #expect(try await server.post("/v1/completions", #"{"prompt":"a"}"#).status == 503)
        let service = server.service
        try await LoopThread.run { server.server.serve(TestServer.model(service)) }
        #expect(try await server.get("/ready").status == 200)
        try await server.stop()
    }

    @Test func `head is get without the body`() async throws {
        let server = try await TestServer.start(ScriptedService())
        let port = server.port
        for path in ["/v1/models", "/health", "/ready", "/metrics"] {
            let text = try await LoopThread.blocking {
                let client = try TestClient(port: port)
                try client.send("HEAD \(path) HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n")
                return try client.receiveAll()
            }
            #expect(text.hasPrefix("HTTP/1.1 200"))
            #expect(text.hasSuffix("\r\n\r\n"))
            #expect(text.contains("content-length: "))
        }
        try await server.stop()
    }

    static let faults: [(request: String, status: Int, code: String)] = [
        ("GET /nowhere HTTP/1.1\r\nhost: t\r\n\r\n", 404, "unknown_url"),
        ("GET /v1/completions HTTP/1.1\r\nhost: t\r\n\r\n", 405, "method_not_allowed"),
        ("POST /health HTTP/1.1\r\nhost: t\r\ncontent-length: 0\r\n\r\n", 405, "method_not_allowed"),
        (
            "POST /v1/completions HTTP/1.1\r\nhost: t\r\ncontent-length: 2\r\n\r\n{}", 415,
            "unsupported_media_type"
        ),
        (
            "POST /v1/completions HTTP/1.1\r\nhost: t\r\ncontent-type: text/json\r\ncontent-length: 2\r\n\r\n{}", 415,
            "unsupported_media_type"
        ),
        (TestServer.post("/v1/completions", "{"), 400, "invalid_json"),
        (TestServer.post("/v1/completions", "[]"), 400, "invalid_type"),
        (TestServer.post("/v1/completions", "{}"), 400, "missing_required_parameter"),
        (TestServer.post("/v1/chat/completions", #"{"messages":[]}"#), 400, "invalid_value"),
        (TestServer.post("/v1/completions", #"{"prompt":"a","x":1}"#), 400, "unknown_parameter"),
        (TestServer.post("/v1/completions", #"{"prompt":"a","model":"b"}"#), 404, "model_not_found"),
        (TestServer.post("/v1/completions", #"{"prompt":"a","max_tokens":5000}"#), 400, "context_length_exceeded"),
        ("GET /health HTTP/1.1\r\n\r\n", 400, "bad_http"),
        ("GET /health HTTP/1.1\nhost: t\n\n", 400, "bad_http"),
        ("NONSENSE\r\n\r\n", 400, "bad_http"),
        ("GET / HTTP/3.0\r\nhost: t\r\n\r\n", 505, "bad_http"),
        (
            "POST /v1/completions HTTP/1.1\r\nhost: t\r\ncontent-length: 99999999999\r\n\r\n", 413,
            "request_too_large"
        ),
        ("GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nhost: t\r\n\r\n", 414, "url_too_long"),
        ("GET / HTTP/1.1\r\nhost: t\r\nx: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431, "headers_too_large"),
    ]

    @Test(arguments: faults) func `every fault has its status, four keys and a request id`(
        fault: (request: String, status: Int, code: String)
    ) async throws {
        let server = try await TestServer.start(ScriptedService())
        let response = try await server.request(fault.request)
        #expect(response.status == fault.status)
        #expect(response.header("content-type") == "application/json")
        #expect(response.header("x-request-id")?.isEmpty == false)
        let error = try #require(try json(response.body)["error"])
        #expect(error.members.map { String(decoding: $0.key, as: UTF8.self) } == ["message", "type", "param", "code"])
        #expect(error["code"]?.string == fault.code)
        #expect(error["type"]?.string == (fault.status < 500 ? "invalid_request_error" : "server_error"))
        try await server.stop()
    }

    @Test func `content types with parameters and in any case`() async throws {
        let server = try await TestServer.start(ScriptedService { _ in .say("a") })
        for type in [
            "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x=y",
        ] {
            let response = try await server.request(
                "POST /v1/completions HTTP/1.1\r\nhost: t\r\ncontent-type: \(type)\r\ncontent-length: 14\r\n\r\n"
                    + #"{"prompt":"a"}"#)
            #expect(response.status == 200, "\(type)")
        }
        try await server.stop()
    }

    @Test func `request ids come back, or are made`() async throws {
        let server = try await TestServer.start(ScriptedService())
        #expect(try await server.get("/health", "x-request-id: mine-1\r\n").header("x-request-id") == "mine-1")
        let made = try await server.get("/health", "x-request-id: not mine\r\n").header("x-request-id") ?? ""
        #expect(made.hasPrefix("req_"))
        #expect(try await server.get("/health").header("x-request-id") != made)
        try await server.stop()
    }

    @Test func `what happened is counted`() async throws {
        let service = ScriptedService { _ in .say("abc") }
        service.change { state in
            state.statistics.promptTokenCount = 5
            state.statistics.usedBlockCount = 1
            state.statistics.blockCount = 4
        }
        let server = try await TestServer.start(service)
        _ = try await server.post("/v1/completions", #"{"prompt":"a","n":2}"#)
        _ = try await server.stream("/v1/completions", #"{"prompt":"a","max_tokens":2,"stream":true}"#)
        _ = try await server.post("/v1/completions", "{}")
        let response = try await server.get("/metrics")
        #expect(response.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
        for line in [
            #"vllm:request_success_total{model_name="tiny",finished_reason="stop"} 2"#,
            #"vllm:request_success_total{model_name="tiny",finished_reason="length"} 1"#,
            #"vllm:prompt_tokens_total{model_name="tiny"} 5"#,
            #"vllm:kv_cache_usage_perc{model_name="tiny"} 0.25"#,
            #"vllm:e2e_request_latency_seconds_count{model_name="tiny"} 3"#,
            #"vllm:time_to_first_token_seconds_bucket{model_name="tiny",le="0.01"} 3"#,
            #"vllm:request_queue_time_seconds_sum{model_name="tiny"} 0.006"#,
            #"vllm:inter_token_latency_seconds_count{model_name="tiny"} 5"#,
            #"http_requests_total{handler="/v1/completions",method="POST",status="200"} 2"#,
            #"http_requests_total{handler="/v1/completions",method="POST",status="400"} 1"#,
        ] {
            #expect(response.body.contains(line + "\n"), "\(line)")
        }
        try await server.stop()
    }

    @Test func `one log line per response, without a word of the text`() async throws {
        let server = try await TestServer.start(ScriptedService { _ in .say("ANSWERTEXT") })
        _ = try await server.request(
            TestServer.post("/v1/completions", #"{"prompt":"CANARY"}"#, "x-request-id: mine\r\n"))
        _ = try await server.stream(
            "/v1/chat/completions", #"{"messages":[{"role":"user","content":"CANARY"}],"stream":true}"#)
        _ = try await server.get("/nowhere?q=CANARY")
        _ = try await server.post("/v1/completions", #"{"prompt":"CANARY","temperature":"CANARY"}"#)
        _ = try await server.request("CANARY\r\n\r\n")
        let lines = server.log.lines
        #expect(lines.count == 5)
        #expect(lines.compactMap { $0["status"]?.integer } == [200, 200, 404, 400, 400])
        #expect(lines[0]["request_id"]?.string == "mine")
        #expect(lines[0]["path"]?.string == "/v1/completions")
        #expect(lines[0]["prompt_tokens"]?.integer == 6)
        #expect(lines[0]["completion_tokens"]?.integer == 11)
        #expect(lines[1]["completion_tokens"]?.integer == 11)
        #expect(lines[2]["path"]?.string == "/nowhere", "without the query")
        #expect(lines[3]["error"]?.string == "invalid_type")
        for line in lines {
            #expect(line["time"]?.string?.count == "2026-01-02T03:04:05.678Z".count)
            #expect(line["ms"]?.double ?? -1 >= 0)
        }
        #expect(!server.log.text.contains("CANARY"))
        #expect(!server.log.text.contains("ANSWERTEXT"))
        try await server.stop()
    }
}
