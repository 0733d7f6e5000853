// RerankLimitTests.swift — what a rerank costs its key, over real sockets.

import Base
import Dispatch
import Engine
import Limiting
import Network
import Retrieval
import Server
import Synchronization
import TestSupport
import Testing

/// Counts a token a byte, and how often it was asked; waits in the middle of its work when told to.
private final class CountingReranker: Reranker {
    let name = "bytes"
    let depth = 10
    let weight = 1.0
    let calls = Mutex(0)
    private let gate: DispatchSemaphore?

    init(gate: DispatchSemaphore? = nil) { self.gate = gate }

    func tokenCount(query: String, texts: [String]) -> Int { ([query] + texts).reduce(0) { $0 + $1.utf8.count } }

    func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        calls.withLock { $0 += 1 }
        gate?.wait()
        return chunks.map { _ in 1 }
    }
}

@Suite(.onTheLoop) struct `What a rerank costs` {
    private static let bearer = "authorization: Bearer secret\r\n"

    private func start(
        _ limits: RateLimits, _ reranker: CountingReranker, models: [String]? = nil
    ) async throws -> TestServer {
        let ring = KeyRing(
            keys: [APIKey(digest: KeyDigest(of: "secret".utf8), tenant: "team", models: models)],
            tenants: [Tenant(name: "team", weight: 1, limits: limits, cacheQuota: 0.5)],
            waitLimits: WaitLimits(milliseconds: 0), reservedOutputTokens: 64)
        let server = try await TestServer.start(ScriptedService(), time: ManualTime()) {
            $0.authentication = Authentication(ring: ring)
        }
        try await LoopThread.run {
            let snapshot = try Snapshot(chunks: [Chunk(documentID: "d", sequence: 0, text: "a")])
            server.server.serve(SearchService(snapshot: { snapshot }, embedder: nil, rerankers: [reranker]))
        }
        return server
    }

    private func rerank(_ server: TestServer, _ body: String) async throws -> Int {
        try await server.request(TestServer.post("/v1/rerank", body, Self.bearer)).status
    }

    private func balance(_ server: TestServer, _ resource: Resource) async throws -> Int? {
        try await LoopThread.run { server.server.balance(of: resource, ofTenant: "team")?.remaining }
    }

    @Test func `its tokens are taken before any work, and without them there is none`() async throws {
        let reranker = CountingReranker()
        let server = try await start(RateLimits(inputTokensPerMinute: 12), reranker)
        let body = #"{"query":"abc","documents":["de","fgh"]}"#
        #expect(try await rerank(server, body) == 200)
        #expect(try await balance(server, .inputTokens) == 4)
        #expect(try await rerank(server, body) == 429)
        #expect(reranker.calls.withLock { $0 } == 1)
        #expect(try await balance(server, .inputTokens) == 4)
        // Words alone are counted by an estimate: here a token a word.
        #expect(try await rerank(server, #"{"model":"bm25","query":"abc","documents":["de","fgh"]}"#) == 200)
        #expect(try await balance(server, .inputTokens) == 1)
        #expect(try await rerank(server, #"{"query":"abc"}"#) == 400)
        #expect(try await balance(server, .inputTokens) == 1)
        try await server.stop()
    }

    @Test func `a key that is held to some models reranks with those`() async throws {
        let body = #""query":"abc","documents":["de","fgh"]}"#
        for (models, statuses) in [(["tiny"], [403, 403, 403]), (["bytes"], [200, 200, 403])] {
            let server = try await start(RateLimits(), CountingReranker(), models: models)
            for (name, status) in zip(["", #""model":"bytes","#, #""model":"bm25","#], statuses) {
                #expect(try await rerank(server, "{" + name + body) == status, "\(models), \(name)")
            }
            let found = try await server.get("/v1/search?q=a&rerank=bytes", Self.bearer).status
            #expect(found == (models == ["tiny"] ? 403 : 200))
            try await server.stop()
        }
    }

    @Test func `it is one of the key's requests at a time until its work ends, whether its client waits or not`()
        async throws
    {
        let gate = DispatchSemaphore(value: 0)
        let reranker = CountingReranker(gate: gate)
        let server = try await start(RateLimits(concurrentRequests: 1), reranker)
        let body = #"{"query":"a","documents":["b"]}"#
        let client = try TestClient(port: server.port)
        try client.send(TestServer.post("/v1/rerank", body, Self.bearer))
        #expect(try await eventually { reranker.calls.withLock { $0 } == 1 })
        client.reset()
        #expect(try await rerank(server, body) == 429)
        gate.signal()
        #expect(
            try await eventually {
                server.server.balance(of: .concurrentRequests, ofTenant: "team")?.remaining == 1
            })
        gate.signal()
        #expect(try await rerank(server, body) == 200)
        try await server.stop()
    }
}
