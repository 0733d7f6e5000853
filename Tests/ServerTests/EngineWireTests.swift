// EngineWireTests.swift — GET /v1/engine over real sockets: equal to /metrics, for one tenant's eyes, and bounded.

import Base
import Engine
import Glibc
import Network
import Server
import TestSupport
import Testing

private func snapshot() -> EngineSnapshot {
    var statistics = EngineStatistics()
    (statistics.runningCount, statistics.waitingCount, statistics.pausedCount) = (3, 2, 1)
    (statistics.blockCount, statistics.usedBlockCount, statistics.cachedBlockCount) = (10, 5, 2)
    statistics.stepCount = 77
    statistics.promptTokenCount = 1_001
    statistics.generatedTokenCount = 502
    (statistics.prefixQueriedTokenCount, statistics.prefixHitTokenCount) = (900, 320)
    statistics.preemptionCount = 4
    (statistics.draftCount, statistics.draftedTokenCount, statistics.acceptedTokenCount) = (21, 60, 45)
    var snapshot = EngineSnapshot(nanoseconds: 10_000_000, statistics: statistics)
    snapshot.blocks = [.used, .used, .used, .shared, .shared, .cached, .cached, .free, .free, .free]
    snapshot.sharedBlockCount = 2
    var step = StepRecord()
    step.number = 77
    (step.startNanoseconds, step.endNanoseconds) = (4_000_000, 9_500_000)
    (step.prefillRowCount, step.decodeRowCount, step.generatedCount) = (16, 2, 2)
    snapshot.steps = [step]
    return snapshot
}

@Suite(.onTheLoop) struct `Engine on the wire` {
    @Test func `has the numbers of metrics under their names`() async throws {
        let service = ScriptedService()
        let shown = snapshot()
        service.change { state in
            state.snapshot = shown
            state.statistics = shown.statistics
        }
        let server = try await TestServer.start(service)
        let response = try await server.get("/v1/engine")
        #expect(response.status == 200)
        #expect(response.header("cache-control") == "no-store")
        let view = try json(response.body)
        let metrics = try await server.get("/metrics").body
        let members = Array(try #require(view["metrics"]?.members))
        #expect(members.count == 14)
        for (key, value) in members {
            let name = String(decoding: key, as: UTF8.self)
            let number = try #require(value.integer)
            #expect(metrics.contains("\n\(name){model_name=\"tiny\"} \(number)\n"), "\(name)")
        }
        #expect(view["step"]?.integer == 77)
        try await server.stop()
    }

    @Test func `tells blocks in runs, and steps in columns`() async throws {
        let service = ScriptedService()
        service.change { $0.snapshot = snapshot() }
        let server = try await TestServer.start(service)
        let body = try await server.get("/v1/engine").body
        #expect(
            body.contains(
                #""free":3,"cached":2,"used":3,"shared":2,"shown":10,"#
                    + #""map":[["used",3],["shared",2],["cached",2],["free",3]]"#))
        #expect(
            body.contains(
                #""steps":{"first":77,"ago_ms":[0.5],"ms":[5.5],"prefill":[16],"decode":[2],"drafted":[0],"#
                    + #""accepted":[0],"generated":[2],"#))
        #expect(!body.contains(#""block":"#))
        try await server.stop()
    }

    @Test func `tells of a block, and its text where there is one`() async throws {
        let service = ScriptedService()
        func show(_ tokens: [TokenID]?) {
            service.change { state in
                var shown = snapshot()
                shown.block = EngineSnapshot.BlockView(
                    block: BlockID(3), state: .shared, referenceCount: 2, requests: [RequestID(9)], tokens: tokens)
                state.snapshot = shown
            }
        }
        let server = try await TestServer.start(service)
        show("<b>".utf8.map { TokenID(Int($0)) })
        #expect(
            try await server.get("/v1/engine?block=3").body.hasSuffix(
                #""block":{"id":3,"state":"shared","references":2,"requests":[9],"tokens":3,"text":"<b>"}}"#))
        show(nil)
        #expect(try await server.get("/v1/engine?block=3").body.hasSuffix(#""requests":[9],"text":null}}"#))
        service.change { $0.snapshot = snapshot() }
        #expect(try await server.get("/v1/engine?block=11").body.hasSuffix(#""block":null}"#))
        #expect(try await server.get("/v1/engine?block=x").status == 400)
        #expect(try await server.get("/v1/engine?block=-1").status == 400)
        try await server.stop()
    }

    @Test func `needs a key where keys are given, and looks with that tenant's eyes`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service) { $0.authentication = Authentication(keys: ["secret"]) }
        #expect(try await server.get("/v1/engine").status == 401)
        #expect(try await server.get("/v1/nothing").status == 401)
        let bearer = "authorization: Bearer secret\r\n"
        #expect(try await server.get("/v1/engine?block=2", bearer).status == 200)
        #expect(service.looks == [EngineQuery(tenant: 1, block: 2)])
        try await server.stop()
        let open = ScriptedService()
        let openServer = try await TestServer.start(open)
        #expect(try await openServer.get("/v1/engine").status == 200)
        #expect(open.looks == [EngineQuery(tenant: 0)])
        try await openServer.stop()
    }

    @Test func `holds up thirty-two onlookers, refuses the next, and lets all go when the server ends`() async throws {
        let service = ScriptedService()
        service.change { $0.holdsLooks = true }
        let server = try await TestServer.start(service)
        let port = server.port
        let statuses = try await LoopThread.blocking {
            var clients: [TestClient] = []
            // One by one, so that the engine hears them in this order.
            for count in 1...Limits.onlookers.value {
                let client = try TestClient(port: port)
                try client.send("GET /v1/engine HTTP/1.1\r\nhost: t\r\n\r\n")
                clients.append(client)
                while service.looks.count < count { usleep(200) }
            }
            let next = try TestClient(port: port)
            try next.send("GET /v1/engine HTTP/1.1\r\nhost: t\r\n\r\n")
            let refused = try next.response()
            // The engine answers one, and has ended when it hears of another.
            service.answerLook(snapshot())
            service.answerLook(nil)
            return [refused.status, try clients[0].response().status, try clients[1].response().status]
        }
        #expect(statuses == [503, 200, 503])
        // Thirty still wait for an engine that says nothing: the drain's deadline ends them.
        try await server.stop()
    }

    @Test func `waits for the model`() async throws {
        let server = try await TestServer.start(ScriptedService(), loads: false)
        #expect(try await server.get("/v1/engine").status == 503)
        try await server.stop()
    }
}
