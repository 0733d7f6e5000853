// SearchWireTests.swift — /v1/search and /v1/rerank over real sockets.

import Base
import Network
import Retrieval
import Server
import TestSupport
import Testing

/// Prefers long passages; fails when asked to.
private struct LengthReranker: Reranker {
    struct Failure: Error {}
    let name = "length"
    let depth = 3
    let weight = 1.0
    var fails = false

    func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        if fails { throw Failure() }
        return chunks.map { Double($0.text.utf8.count) }
    }
}

@Suite(.onTheLoop) struct `Search on the wire` {
    private static let texts = ["a cache of blocks", "paged blocks", "cache", "temperature of the sea"]

    private static func snapshot() throws -> Snapshot {
        try Snapshot(
            chunks: texts.enumerated().map { number, text in
                Chunk(
                    documentID: "d\(number)", title: "Title \(number)", text: text,
                    fields: [Field("topic", .keywords([number < 2 ? "paging" : "other"]))])
            })
    }

    private func start(_ rerankers: [any Reranker] = [], hasIndex: Bool = true) async throws -> TestServer {
        let server = try await TestServer.start(ScriptedService())
        let snapshot = try Self.snapshot()
        let find: @Sendable () throws -> Snapshot = { snapshot }
        try await LoopThread.run {
            server.server.serve(SearchService(snapshot: hasIndex ? find : nil, embedder: nil, rerankers: rerankers))
        }
        return server
    }

    private func ids(_ answer: JSON) -> [String] { answer["hits"]!.elements.map { $0["id"]!.string! } }

    @Test func `a search answers with texts, parts and timings`() async throws {
        let server = try await start()
        let response = try await server.get("/v1/search?q=cache+blocks&top=2")
        #expect(response.status == 200)
        let answer = try json(response.body)
        #expect(answer["query"]?.string == "cache blocks")
        #expect(answer["mode"]?.string == "bm25")
        #expect(answer["hits"]?.count == 2)
        let best = try #require(answer["hits"]?[0])
        #expect(best["id"]?.string == "d0" && best["title"]?.string == "Title 0")
        #expect(best["text"]?.string == Self.texts[0])
        #expect(best["parts"]?["bm25"]?.double == best["score"]?.double)
        #expect(best["parts"]?["cosine"]?.isNull == true)
        #expect(answer["bm25_ceiling"]!.double! > best["score"]!.double!)
        for name in ["embed_ms", "bm25_ms", "dense_ms", "fusion_ms", "rerank_ms", "total_ms"] {
            #expect(answer["timings"]?[name]?.double != nil)
        }
        let library = try Retriever().search(SearchRequest("cache blocks"), in: Self.snapshot())
        #expect(best["score"]?.double == library.hits[0].score)
        try await server.stop()
    }

    @Test func `filters, explanations and rerankers can be asked for`() async throws {
        let server = try await start([LengthReranker()])
        let filtered = try json(try await server.get("/v1/search?q=cache+blocks&filter=topic%3Dother").body)
        #expect(ids(filtered) == ["d2"])
        let explained = try json(try await server.get("/v1/search?q=cache&explain=true").body)
        let hit = try #require(explained["hits"]?[0])
        #expect(hit["explanation"]?["value"]?.double == hit["score"]?.double)
        let plain = try json(try await server.get("/v1/search?q=cache+blocks").body)
        let reranked = try json(try await server.get("/v1/search?q=cache+blocks&rerank=length").body)
        #expect(ids(reranked) == ["d0", "d1", "d2"])
        #expect(Set(ids(plain)) == Set(ids(reranked)))
        #expect(reranked["rerank"]?["name"]?.string == "length")
        #expect(reranked["rerank"]?["applied"]?.bool == true)
        #expect(plain["rerank"] == nil)
        try await server.stop()
    }

    @Test func `a reranker that fails leaves the order, and the answer says so`() async throws {
        let server = try await start([LengthReranker(fails: true)])
        let plain = try json(try await server.get("/v1/search?q=cache+blocks").body)
        let answer = try json(try await server.get("/v1/search?q=cache+blocks&rerank=length").body)
        #expect(ids(answer) == ids(plain))
        #expect(answer["rerank"]?["applied"]?.bool == false)
        #expect(answer["rerank"]?["reason"]?.string == "length failed: Failure()")
        let failed = try await server.post("/v1/rerank", #"{"query":"q","documents":["a"]}"#)
        #expect(failed.status == 503)
        try await server.stop()
    }

    /// A target, the error's status, parameter and code.
    static let refusals: [(target: String, status: Int, parameter: String?, code: String)] = [
        ("/v1/search", 400, "q", "missing_required_parameter"),
        ("/v1/search?q=", 400, "q", "invalid_value"),
        ("/v1/search?q=\(String(repeating: "x", count: 4097))", 400, "q", "limit_exceeded"),
        ("/v1/search?q=a&q=b", 400, "q", "invalid_value"),
        ("/v1/search?q=a&colour=red", 400, "colour", "unknown_parameter"),
        ("/v1/search?q=a&top=0", 400, "top", "invalid_value"),
        ("/v1/search?q=a&top=201", 400, "top", "invalid_value"),
        ("/v1/search?q=a&mode=magic", 400, "mode", "invalid_value"),
        ("/v1/search?q=a&mode=dense", 400, "mode", "no_vectors"),
        ("/v1/search?q=a&filter=topic", 400, "filter", "invalid_value"),
        ("/v1/search?q=a&fusion=both", 400, "fusion", "invalid_value"),
        ("/v1/search?q=a&alpha=2", 400, "alpha", "invalid_value"),
        ("/v1/search?q=a&rerank=magic", 400, "rerank", "invalid_value"),
        ("/v1/search?q=a&explain=1", 400, "explain", "invalid_value"),
    ]

    @Test func `what is wrong is named`() async throws {
        let server = try await start()
        for refusal in Self.refusals {
            let response = try await server.get(refusal.target)
            let error = try #require(try json(response.body)["error"])
            #expect(response.status == refusal.status, "\(refusal.target)")
            #expect(error["param"]?.string == refusal.parameter, "\(refusal.target)")
            #expect(error["code"]?.string == refusal.code, "\(refusal.target)")
        }
        #expect(try await server.post("/v1/search", "{}").status == 405)
        #expect(try await server.get("/v1/rerank").status == 405)
        try await server.stop()
    }

    @Test func `texts are reranked by the best reranker there is, else by words`() async throws {
        let body = #"{"query":"cache","documents":["a lake",{"text":"the cache"},"cache, cache, cache!"],"top_n":2}"#
        for (rerankers, order, name) in [
            ([], [2, 1], "bm25"), ([LengthReranker()] as [any Reranker], [2, 1], "length"),
        ] {
            let server = try await start(rerankers, hasIndex: false)
            let answer = try json(try await server.post("/v1/rerank", body).body)
            #expect(answer["model"]?.string == name)
            #expect(answer["results"]!.elements.map { $0["index"]!.integer! } == order)
            let scores = answer["results"]!.elements.map { $0["relevance_score"]!.double! }
            #expect(scores == scores.sorted(by: >))
            #expect(answer["results"]?[0]?["document"] == nil)
            let named = #"{"model":"bm25","return_documents":true,"# + body.dropFirst()
            let words = try json(try await server.post("/v1/rerank", named).body)
            #expect(words["model"]?.string == "bm25")
            #expect(words["results"]?[0]?["document"]?["text"]?.string == "cache, cache, cache!")
            #expect(try await server.get("/v1/search?q=a").status == 404)
            try await server.stop()
        }
    }

    /// A body, the error's status, parameter and code.
    static let rerankRefusals: [(body: String, status: Int, parameter: String?, code: String)] = [
        ("{", 400, nil, "invalid_json"),
        ("{}", 400, "query", "missing_required_parameter"),
        (#"{"query":"","documents":["a"]}"#, 400, "query", "invalid_value"),
        (
            #"{"query":"\#(String(repeating: "x", count: 4097))","documents":["a"]}"#, 400, "query", "limit_exceeded"
        ),
        (#"{"query":"a"}"#, 400, "documents", "missing_required_parameter"),
        (#"{"query":"a","documents":"b"}"#, 400, "documents", "invalid_type"),
        (#"{"query":"a","documents":[]}"#, 400, "documents", "invalid_value"),
        (#"{"query":"a","documents":["b",7]}"#, 400, "documents[1]", "invalid_type"),
        (#"{"query":"a","documents":["b"],"top_n":0}"#, 400, "top_n", "invalid_value"),
        (#"{"query":"a","documents":["b"],"model":"magic"}"#, 404, "model", "model_not_found"),
        (#"{"query":"a","documents":["b"],"colour":1}"#, 400, "colour", "unknown_parameter"),
    ]

    @Test func `a rerank request's faults are named`() async throws {
        let server = try await start()
        for refusal in Self.rerankRefusals {
            let response = try await server.post("/v1/rerank", refusal.body)
            let error = try #require(try json(response.body)["error"])
            #expect(response.status == refusal.status, "\(refusal.body)")
            #expect(error["param"]?.string == refusal.parameter, "\(refusal.body)")
            #expect(error["code"]?.string == refusal.code, "\(refusal.body)")
        }
        try await server.stop()
    }

    @Test func `many searches at once all get their answers`() async throws {
        let server = try await start()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await server.get("/v1/search?q=cache").status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == [Int](repeating: 200, count: 40))
        try await server.stop()
    }
}
