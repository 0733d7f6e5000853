// ExplainWireTests.swift — /v1/explain and /v1/notes over real sockets.

import Base
import Engine
import Explainer
import Limiting
import Network
import Server
import Synchronization
import TestSupport
import Testing

/// Finds what it is told to, in the notes of the project.
private struct MadeUpEvidence: EvidenceFinding {
    let corpus: Corpus
    var verdict = EvidenceVerdict.sufficient
    var preparations = Preparations()
    struct Failure: Error, CustomStringConvertible { let description = "the index is gone" }

    /// How often it was asked to make itself ready.
    final class Preparations: Sendable {
        let count = Mutex(0)
    }

    func prepare() { preparations.count.withLock { $0 += 1 } }

    func evidence(for question: String, conversation: [ConversationTurn], sentenceCount: Int) throws -> Evidence {
        if question == "fail" { throw Failure() }
        let note = corpus.notes[0]
        let sentences = Sentences.ranges(note.bytes, in: note[.explanation].range).prefix(5).enumerated()
        return Evidence(
            question: conversation.map(\.question).joined() + question, verdict: verdict, confidence: 0.5,
            notes: [EvidenceNote(note: note, score: 1, bm25: 3, cosine: nil, rerank: nil)],
            sentences: sentences.map {
                EvidenceSentence(
                    note: note.id, heading: .explanation, range: $1, text: note.text($1), score: Double(-$0))
            }, timings: [("search", 1)])
    }
}

@Suite(.onTheLoop) struct `Explain on the wire` {
    private static let corpus = Result { try Corpus(folder: TestFiles.root + "/Sources/Explainer/Corpus") }

    private static func server(
        _ service: ScriptedService, verdict: EvidenceVerdict = .sufficient, time: any TimeSource = MonotonicTime(),
        preparations: MadeUpEvidence.Preparations = .init(),
        _ configure: @escaping @Sendable (inout ServerConfiguration) -> Void = { _ in }
    ) async throws -> TestServer {
        let corpus = try corpus.get()
        let server = try await TestServer.start(service, time: time, configure)
        let finder = MadeUpEvidence(corpus: corpus, verdict: verdict, preparations: preparations)
        let explain = ExplainService(corpus: corpus, finder: finder)
        try await LoopThread.run { server.server.serve(explain) }
        return server
    }

    /// Says one sentence that it was offered, and ends.
    private static func sayingOne() throws -> ScriptedService {
        let note = try corpus.get().notes[0]
        let sentence = try #require(AnswerSentence.all(.explanation, of: note).first { $0.stands })
        return ScriptedService(maxModelLength: 20_000) { _ in .say(" Note also: " + sentence.line) }
    }

    @Test func `an answer is quotations with their places`() async throws {
        let service = try Self.sayingOne()
        let server = try await Self.server(service)
        let response = try await server.post("/v1/explain", #"{"question": "why?"}"#)
        #expect(response.status == 200)
        let answer = try json(response.body)
        let note = try Self.corpus.get().notes[0]
        #expect(answer["answer"]?.string?.hasPrefix(note.text(.shortAnswer)) == true)
        #expect(answer["spans"]?.elements.contains { $0["text"]?.string == " Note also: " } == true)
        for citation in try #require(answer["citations"]).elements {
            let range = Array(try #require(citation["range"]).elements).compactMap(\.integer)
            #expect(note.text(range[0]..<range[1]) == citation["quote"]?.string)
            #expect(citation["content_hash"]?.string == note.contentHash.description)
        }
        #expect(service.submitted.count == 1 && service.submitted[0].constraint != nil)
        // The line is written when the answer has gone out, which a client may see first.
        try await server.stop()
        #expect(server.log.lines.last?["prompt_tokens"]?.integer == service.submitted[0].promptTokens.count)
    }

    @Test func `the stages of an answer add up to its total`() async throws {
        let server = try await Self.server(try Self.sayingOne())
        let answer = try json(try await server.post("/v1/explain", #"{"question": "why?"}"#).body)
        let stages = try #require(answer["timings"]).members.map { ($0.key, $0.value.double ?? 0) }
        #expect(
            stages.map { String(decoding: $0.0, as: UTF8.self) } == [
                "waiting", "limiter", "search", "prompt", "queue", "prefill", "decode", "delivery", "total",
            ])
        // The scripted engine has a clock of its own, so only the sum means something.
        let total = try #require(stages.last).1
        #expect(abs(stages.dropLast().reduce(0) { $0 + $1.1 } - total) < 0.001)
        try await server.stop()
    }

    @Test func `a stream tells the evidence, then the pieces, then the whole answer`() async throws {
        let server = try await Self.server(Self.sayingOne())
        let (head, body) = try await server.stream("/v1/explain", #"{"question": "why?", "stream": true, "top": 3}"#)
        #expect(head.header("content-type")?.hasPrefix("text/event-stream") == true)
        let payloads = events(body)
        #expect(payloads.last == "[DONE]")
        let documents = try payloads.dropLast().map { try json($0) }
        let types = documents.compactMap { $0["type"]?.string }
        #expect(types.first == "evidence" && types.last == "done")
        #expect(types.dropFirst().dropLast().allSatisfy { $0 == "span" || $0 == "section" })
        let spans = documents.filter { $0["type"]?.string == "span" }
        let done = try #require(documents.last)
        #expect(spans.compactMap { $0["text"]?.string }.joined() == done["answer"]?.string)
        let sources = spans.compactMap { $0["source"]?["quote"]?.string }
        #expect(sources == done["citations"]?.elements.prefix(sources.count).compactMap { $0["quote"]?.string })
        try await server.stop()
    }

    @Test func `whoever opens the page finds the evidence prepared, once`() async throws {
        let preparations = MadeUpEvidence.Preparations()
        let server = try await Self.server(Self.sayingOne(), preparations: preparations)
        _ = try await server.get("/health")
        #expect(preparations.count.withLock { $0 } == 0)
        for _ in 0..<3 { _ = try await server.get("/") }
        while preparations.count.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        // Two threads of the pool could have come later; the next answer is made by one of them.
        _ = try await server.post("/v1/explain", #"{"question": "why?"}"#)
        #expect(preparations.count.withLock { $0 } == 1)
        try await server.stop()
    }

    @Test func `nothing is generated where nothing is known`() async throws {
        let service = ScriptedService()
        let server = try await Self.server(service, verdict: .declined(reason: "The notes do not know."))
        let answer = try json(try await server.post("/v1/explain", #"{"question": "why?"}"#).body)
        #expect(answer["declined"]?.bool == true && answer["reason"]?.string == "The notes do not know.")
        #expect(answer["answer"]?.string == "" && service.submitted.isEmpty)
        #expect(answer["notes"]?.count == 1 && answer["related"]?.count == 1)
        try await server.stop()
    }

    @Test func `earlier turns reach whoever looks for evidence`() async throws {
        let server = try await Self.server(try Self.sayingOne())
        let body = #"""
            {"question": "and how?", "messages": [{"role": "user", "content": "What? "},
             {"role": "assistant", "content": "That.", "notes": ["kv-cache/paged-attention"]}]}
            """#
        let answer = try json(try await server.post("/v1/explain", body).body)
        #expect(answer["question"]?.string == "What? and how?")
        try await server.stop()
    }

    @Test(arguments: [
        (#"{}"#, "question"), (#"{"question": " "}"#, "question"), (#"{"question": 3}"#, "question"),
        (#"{"question": "a", "level": "staff"}"#, "level"), (#"{"question": "a", "grounding": "x"}"#, "grounding"),
        (#"{"question": "a", "top": 0}"#, "top"), (#"{"question": "a", "seed": -1}"#, "seed"),
        (#"{"question": "a", "messages": [{"role": "system", "content": "x"}]}"#, "messages[0].role"),
        (#"{"question": "a", "messages": [{"role": "assistant", "content": "x"}]}"#, "messages[0].role"),
        (#"{"question": "a", "messages": [{"role": "user", "content": 1}]}"#, "messages[0].content"),
        (#"{"question": "a", "shout": true}"#, "shout"),
    ])
    func `a wrong request is told where it is wrong`(body: String, parameter: String) async throws {
        let server = try await Self.server(ScriptedService())
        let response = try await server.post("/v1/explain", body)
        #expect(response.status == 400)
        #expect(try json(response.body)["error"]?["param"]?.string == parameter)
        try await server.stop()
    }

    @Test func `failures say what failed`() async throws {
        let service = ScriptedService { _ in .refuse(.queueFull(waiting: 8, limit: 8)) }
        let server = try await Self.server(service)
        #expect(try await server.post("/v1/explain", #"{"question": "a"}"#).status == 503)
        let failed = try await server.post("/v1/explain", #"{"question": "fail"}"#)
        #expect(failed.status == 500 && failed.body.contains("the index is gone"))
        let long = String(repeating: "x", count: 2001)
        #expect(try await server.post("/v1/explain", "{\"question\": \"\(long)\"}").status == 400)
        try await server.stop()

        let bare = try await TestServer.start(ScriptedService())
        #expect(try await bare.post("/v1/explain", #"{"question": "a"}"#).status == 404)
        try await bare.stop()
    }

    @Test func `a client that leaves takes its request with it`() async throws {
        let service = ScriptedService(maxModelLength: 20_000)
        let server = try await Self.server(service)
        let port = server.port
        let request = TestServer.post("/v1/explain", #"{"question": "why?", "stream": true}"#)
        try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(request)
            _ = try client.receive(until: "evidence")
            client.close()
        }
        let ids = try await service.requests(1)
        #expect(try await eventuallyTrue { service.cancelled == ids })
        try await server.stop()
    }

    @Test func `a failing engine ends the stream with an error`() async throws {
        let service = ScriptedService(maxModelLength: 20_000)
        let server = try await Self.server(service)
        async let stream = server.stream("/v1/explain", #"{"question": "why?", "stream": true}"#)
        let id = try await service.requests(1)[0]
        service.finish(id, .failed("no usable logits"))
        let body = try await stream.body
        #expect(body.contains("no usable logits") && !body.contains("[DONE]"))
        try await server.stop()
    }

    @Test func `a note is shown as it is quoted`() async throws {
        let server = try await Self.server(ScriptedService())
        let note = try Self.corpus.get().notes[0]
        let shown = try json(try await server.get("/v1/notes/\(note.id)").body)
        #expect(shown["text"]?.string.map { Array($0.utf8) } == note.bytes)
        #expect(shown["content_hash"]?.string == note.contentHash.description)
        #expect(shown["sections"]?.elements.compactMap { $0["name"]?.string }.first == "short_answer")
        #expect(try await server.get("/v1/notes/no/such").status == 404)
        #expect(try await server.get("/v1/notes/..%2f..").status == 404)
        try await server.stop()
    }

    @Test func `prompt and output count against a key's limits, and what was not said comes back`() async throws {
        let ring = KeyRing(
            keys: [APIKey(digest: KeyDigest(of: "secret".utf8), tenant: "team")],
            tenants: [
                Tenant(
                    name: "team", limits: RateLimits(inputTokensPerMinute: 90_000, outputTokensPerMinute: 6000))
            ])
        let service = try Self.sayingOne()
        let server = try await Self.server(service, time: ManualTime()) {
            $0.authentication = Authentication(ring: ring)
        }
        let body = #"{"question": "why?"}"#
        #expect(try await server.post("/v1/explain", body).status == 401)
        let response = try await server.request(
            TestServer.post("/v1/explain", body, "authorization: Bearer secret\r\n"))
        #expect(response.status == 200)
        let output = try #require(try json(response.body)["engine"]?["output_tokens"]?.integer)
        let prompt = service.submitted[0].promptTokens.count
        func remaining(_ resource: Resource) async throws -> Int? {
            try await LoopThread.run { server.server.balance(of: resource, ofTenant: "team")?.remaining }
        }
        #expect(try await remaining(.inputTokens) == 90_000 - prompt)
        #expect(try await remaining(.outputTokens) == 6000 - output)
        try await server.stop()
    }
}
