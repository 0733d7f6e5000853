// EmbeddingWireTests.swift — /v1/embeddings over real sockets, with a tiny encoder.

import Base
import Embedding
import Kernels
import Network
import Server
import TestSupport
import Testing
import Transformer

@Suite(.onTheLoop) struct `Embeddings on the wire` {
    private static let name = "bert-mean-f32"

    private func embedder() throws -> EncoderEmbedder {
        try EncoderEmbedder(folder: TestFiles.fixture("encoder/" + Self.name), pool: ThreadPool(threadCount: 1))
    }

    private func start() async throws -> TestServer {
        let server = try await TestServer.start(ScriptedService())
        let embedder = try embedder()
        try await LoopThread.run { try server.server.serve(embedder) }
        return server
    }

    @Test func `strings, one or several, get the embedder's vectors in order`() async throws {
        let server = try await start()
        let texts = ["The cache keeps keys.", "tokens", "blocks and requests"]
        let expected = try embedder().embed(texts)
        let body = #"{"model":"\#(Self.name)","input":["\#(texts.joined(separator: "\",\""))"]}"#
        let response = try await server.post("/v1/embeddings", body)
        #expect(response.status == 200)
        let answer = try json(response.body)
        #expect(answer["object"]?.string == "list")
        #expect(answer["model"]?.string == Self.name)
        for (index, entry) in answer["data"]!.elements.enumerated() {
            #expect(entry["object"]?.string == "embedding")
            #expect(entry["index"]?.integer == index)
            #expect(entry["embedding"]!.elements.map { Float($0.double!) } == expected[index])
        }
        let tokens = try texts.map { try embedder().framing.frame($0).tokenCount }.reduce(0, +)
        #expect(answer["usage"]?["prompt_tokens"]?.integer == tokens)
        #expect(answer["usage"]?["total_tokens"]?.integer == tokens)

        let single = try json(try await server.post("/v1/embeddings", #"{"input":"tokens"}"#).body)
        #expect(single["data"]?[0]?["embedding"]!.elements.map { Float($0.double!) } == expected[1])
        try await server.stop()
    }

    @Test func `base64 carries the same numbers`() async throws {
        let server = try await start()
        let expected = try embedder().embed(["tokens"])[0]
        let response = try await server.post("/v1/embeddings", #"{"input":"tokens","encoding_format":"base64"}"#)
        let text = try #require(json(response.body)["data"]?[0]?["embedding"]?.string)
        #expect(try decodedFloats(text) == expected)
        try await server.stop()
    }

    @Test func `token ids are taken as they are`() async throws {
        let server = try await start()
        let framed = try embedder().framing.frame("tokens")
        let expected = try embedder().embed([framed])[0]
        let ids = framed.input.tokens.map(\.description).joined(separator: ",")
        for input in ["[\(ids)]", "[[\(ids)]]"] {
            let answer = try json(try await server.post("/v1/embeddings", "{\"input\":\(input)}").body)
            #expect(answer["data"]?[0]?["embedding"]!.elements.map { Float($0.double!) } == expected)
            #expect(answer["usage"]?["prompt_tokens"]?.integer == framed.tokenCount)
        }
        try await server.stop()
    }

    /// A body, the error's status, parameter and code.
    static let refusals: [(body: String, status: Int, parameter: String?, code: String)] = [
        ("{", 400, nil, "invalid_json"),
        ("[]", 400, nil, "invalid_type"),
        ("{}", 400, "input", "missing_required_parameter"),
        (#"{"input":null}"#, 400, "input", "missing_required_parameter"),
        (#"{"input":7}"#, 400, "input", "invalid_type"),
        (#"{"input":""}"#, 400, "input", "invalid_value"),
        (#"{"input":[]}"#, 400, "input", "invalid_value"),
        (#"{"input":["a",""]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":["a",7]}"#, 400, "input[1]", "invalid_type"),
        (#"{"input":[[1],[]]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":[[1],"a"]}"#, 400, "input[1]", "invalid_type"),
        (#"{"input":[1,200]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":[1,-1]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":[1,1.5]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":[1,"a"]}"#, 400, "input[1]", "invalid_value"),
        (#"{"input":"a","model":"other"}"#, 404, "model", "model_not_found"),
        (#"{"input":"a","encoding_format":"hex"}"#, 400, "encoding_format", "invalid_value"),
        (#"{"input":"a","dimensions":16}"#, 400, "dimensions", "invalid_value"),
        (#"{"input":"a","dimensions":0}"#, 400, "dimensions", "invalid_value"),
        (#"{"input":"a","colour":1}"#, 400, "colour", "unknown_parameter"),
        (#"{"input":"a","input":"b"}"#, 400, "input", "duplicate_parameter"),
        ("{\"input\":\"" + String(repeating: "tokens ", count: 70) + "\"}", 400, "input", "context_length_exceeded"),
        (
            "{\"input\":[" + repeatElement("5", count: 65).joined(separator: ",") + "]}", 400, "input",
            "context_length_exceeded"
        ),
        (
            "{\"input\":[" + repeatElement("\"a\"", count: 2049).joined(separator: ",") + "]}", 400, "input",
            "limit_exceeded"
        ),
        (
            "{\"input\":["
                + repeatElement("\"" + String(repeating: "tokens ", count: 60) + "\"", count: 1200)
                .joined(separator: ",") + "]}", 400, "input", "limit_exceeded"
        ),
    ]

    @Test func `wrong requests are refused by name`() async throws {
        let server = try await start()
        for refusal in Self.refusals {
            let response = try await server.post("/v1/embeddings", refusal.body)
            let error = try json(response.body)["error"]
            #expect(response.status == refusal.status, "\(refusal.body.prefix(80))")
            #expect(error?["param"]?.string == refusal.parameter, "\(refusal.body.prefix(80))")
            #expect(error?["code"]?.string == refusal.code, "\(refusal.body.prefix(80))")
        }
        // Fields that change nothing, and the right dimension.
        let body = #"{"input":"a","dimensions":36,"user":"me","encoding_format":"float"}"#
        #expect(try await server.post("/v1/embeddings", body).status == 200)
        #expect(try await server.get("/v1/embeddings").status == 405)
        try await server.stop()
    }

    @Test func `without an encoder it is 404, with one the model list has both`() async throws {
        let bare = try await TestServer.start(ScriptedService())
        let response = try await bare.post("/v1/embeddings", #"{"input":"a"}"#)
        #expect(response.status == 404)
        #expect(try json(response.body)["error"]?["code"]?.string == "model_not_found")
        #expect(try await bare.get("/v1/models/" + Self.name).status == 404)
        try await bare.stop()

        let server = try await start()
        let list = try json(try await server.get("/v1/models").body)["data"]!.elements.map { $0["id"]!.string! }
        #expect(list == ["tiny", Self.name])
        let entry = try json(try await server.get("/v1/models/" + Self.name).body)
        #expect(entry["max_model_len"]?.integer == 64)
        try await server.stop()
    }

    @Test func `a long job does not hold up a short one, nor the loop, and ends when its client leaves`() async throws {
        let server = try await start()
        let texts = repeatElement("\"" + String(repeating: "tokens ", count: 50) + "\"", count: 1000)
        let long = TestServer.post("/v1/embeddings", "{\"input\":[\(texts.joined(separator: ","))]}")
        let short = TestServer.post("/v1/embeddings", #"{"input":"short"}"#)
        let port = server.port
        let statuses = try await LoopThread.blocking {
            let clients = try (0..<3).map { _ in try TestClient(port: port) }
            for client in clients { try client.send(long) }
            let statuses = try ["GET /health HTTP/1.1\r\nhost: t\r\n\r\n", short].map { request in
                let client = try TestClient(port: port)
                try client.send(request)
                return try client.response().status
            }
            for client in clients { client.close() }
            return statuses
        }
        #expect(statuses == [200, 200])
        let log = server.log
        #expect(try await eventuallyTrue { log.lines.filter { $0["status"]?.integer == 499 }.count == 3 })
        // The drain waits for every open request: it would hang on one that was left behind.
        try await server.stop()
    }

    @Test func `eight clients at once each get their own vector`() async throws {
        let server = try await start()
        let texts = (0..<8).map { "request \($0)" }
        let expected = try embedder().embed(texts)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, text) in texts.enumerated() {
                group.addTask {
                    let answer = try json(try await server.post("/v1/embeddings", "{\"input\":\"\(text)\"}").body)
                    #expect(answer["data"]?[0]?["embedding"]!.elements.map { Float($0.double!) } == expected[index])
                }
            }
            try await group.waitForAll()
        }
        try await server.stop()
    }

    /// RFC 4648, decoded the slow and obvious way.
    private func decodedFloats(_ text: String) throws -> [Float] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        #expect(text.count % 4 == 0)
        var bits: [UInt8] = []
        for character in text where character != "=" {
            let value = try #require(alphabet.firstIndex(of: character))
            for shift in (0..<6).reversed() { bits.append(UInt8(value >> shift & 1)) }
        }
        let bytes = (0..<bits.count / 8).map { byte in bits[8 * byte..<8 * byte + 8].reduce(0) { $0 << 1 | UInt32($1) }
        }
        return (0..<bytes.count / 4).map { number in
            Float(bitPattern: (0..<4).reduce(0) { $0 | bytes[4 * number + $1] << UInt32(8 * $1) })
        }
    }
}
