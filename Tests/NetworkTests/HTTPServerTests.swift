// HTTPServerTests.swift — requests and responses on real sockets.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `HTTP server` {
        @Test func `answers and keeps the connection`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            for round in 0..<3 {
                try client.send("GET /\(round)?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(response.body == "GET /\(round) ")
                #expect(response.header("content-type") == "text/plain")
                #expect(response.header("connection") == nil)
                #expect(response.header("date")?.hasSuffix(" GMT") == true)
            }
            #expect(try await LoopThread.run { server.server.openConnectionCount } == 1)
            try await server.stop()
        }

        @Test func `takes a request byte by byte`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            for byte in "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".utf8 {
                try client.send([byte])
            }
            #expect(try client.response().body == "POST /slow hello")
            try await server.stop()
        }

        @Test func `takes a chunked upload in pieces`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            try client.send("POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let piece = String(repeating: "data", count: 5000)
            for _ in 0..<20 { try client.send("4e20\r\n\(piece)\r\n") }
            try client.send("0\r\n\r\n")
            #expect(try client.response().body == "POST /up " + String(repeating: piece, count: 20))
            try await server.stop()
        }

        @Test func `answers pipelined requests in order, whenever their answers are ready`() async throws {
            let waiting = Recorder<HTTPExchange>()
            let server = try await TestServer.start { request, exchange in
                if request.path == "/later" {
                    waiting.events.append(exchange)
                } else {
                    TestServer.echo(request, exchange)
                }
            }
            let client = try TestClient(port: server.port)
            let paths = ["/1", "/later", "/2", "/3"]
            try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            #expect(try client.response().body == "GET /1 ")
            #expect(try await eventually { waiting.events.count == 1 })
            try await LoopThread.run { waiting.events[0].respond(status: 202, headers: [], body: [0x6C]) }
            #expect(try client.response().body == "l")
            #expect(try client.response().body == "GET /2 ")
            #expect(try client.response().body == "GET /3 ")
            try await LoopThread.run { waiting.events = [] }
            try await server.stop()
        }

        @Test func `streams in chunks and goes on with the next request`() async throws {
            let server = try await TestServer.start { request, exchange in
                guard request.path == "/stream" else { return TestServer.echo(request, exchange) }
                exchange.beginStream(status: 200, headers: [("content-type", "text/event-stream")])
                exchange.write(ServerSentEvents.data(Array("{}".utf8)))
                exchange.write([])  // must not end the stream
                exchange.write(ServerSentEvents.comment("still here"))
                exchange.finish(ServerSentEvents.done)
            }
            let client = try TestClient(port: server.port)
            try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try client.receive(until: "\r\n\r\n").lowercased()
            #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
            #expect(!head.contains("content-length"))
            let body = try client.receive(until: "0\r\n\r\n")
            #expect(
                body == "a\r\ndata: {}\n\n\r\ne\r\n: still here\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
            try client.send(simpleGet)
            #expect(try client.response().body == "GET / ")
            try await server.stop()
        }

        @Test func `answers HEAD with the head alone`() async throws {
            let server = try await TestServer.start { request, exchange in
                guard request.path == "/stream" else { return TestServer.echo(request, exchange) }
                exchange.beginStream(status: 200, headers: [])
                exchange.write([0x61])
                exchange.finish()
            }
            let client = try TestClient(port: server.port)
            try client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n" + simpleGet)
            #expect(try client.receive(until: "\r\n\r\n").contains("content-length: 10\r\n"))
            #expect(try client.receive(until: "\r\n\r\n").contains("transfer-encoding: chunked\r\n"))
            #expect(try client.response().body == "GET / ")
            try await server.stop()
        }

        @Test func `gives statuses without a body none`() async throws {
            let server = try await TestServer.start { request, exchange in
                guard request.path == "/none" else { return TestServer.echo(request, exchange) }
                exchange.respond(status: 204, headers: [], body: Array("ignored".utf8))
            }
            let client = try TestClient(port: server.port)
            try client.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n" + simpleGet)
            let head = try client.receive(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 204 No Content\r\n"))
            #expect(!head.contains("content-length"))
            #expect(try client.response().body == "GET / ")
            try await server.stop()
        }

        @Test func `speaks HTTP/1.0: closes by default, keeps on demand, ends streams by closing`() async throws {
            let server = try await TestServer.start { request, exchange in
                guard request.path == "/stream" else { return TestServer.echo(request, exchange) }
                exchange.beginStream(status: 200, headers: [])
                exchange.write(Array("one ".utf8))
                exchange.finish(Array("two".utf8))
            }
            let plain = try TestClient(port: server.port)
            try plain.send("GET /a HTTP/1.0\r\n\r\n")
            let answer = try plain.receiveAll()
            #expect(answer.contains("connection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nGET /a "))

            let keeping = try TestClient(port: server.port)
            try keeping.send("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try keeping.response()
            #expect(kept.header("connection") == "keep-alive")
            try keeping.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let stream = try keeping.receiveAll()
            #expect(!stream.contains("chunked"))
            #expect(stream.contains("connection: close\r\n"))
            #expect(stream.hasSuffix("\r\n\r\none two"))
            try await server.stop()
        }

        @Test func `closes when the client or the handler says so`() async throws {
            let server = try await TestServer.start { request, exchange in
                exchange.respond(
                    status: 200, headers: request.path == "/bye" ? [("Connection", "close")] : [], body: [0x61])
            }
            for request in [
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /bye HTTP/1.1\r\nHost: x\r\n\r\n",
            ] {
                let client = try TestClient(port: server.port)
                try client.send(request + simpleGet)
                let all = try client.receiveAll()
                #expect(all.contains("connection: close\r\n"))
                #expect(all.hasSuffix("\r\n\r\na"))
                #expect(all.components(of: "HTTP/1.1") == 1)
            }
            try await server.stop()
        }

        @Test func `says 100 Continue when the client waits for it`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            try client.send("POST /big HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("ok")
            #expect(try client.response().body == "POST /big ok")
            try await server.stop()
        }

        @Test func `lets no client end a header line of its answer`() async throws {
            let server = try await TestServer.start { request, exchange in
                exchange.respond(
                    status: 200,
                    headers: [("x-echo", "a\r\nset-cookie: b\n\0c"), ("content-length", "99"), ("x-é", "naïve")],
                    body: [])
            }
            let client = try TestClient(port: server.port)
            try client.send(simpleGet)
            let response = try client.response()
            #expect(response.header("x-echo") == "a  set-cookie: b  c")
            #expect(response.header("set-cookie") == nil)
            #expect(response.header("content-length") == "0")
            try await server.stop()
        }

        @Test func `tells where a client comes from, over IPv4 and IPv6`() async throws {
            let handler: HTTPServer.Handler = { request, exchange in
                exchange.respond(status: 200, headers: [], body: Array(request.remoteAddress.utf8))
            }
            for host in ["127.0.0.1", "localhost", "::", "[::]", "0.0.0.0"] {
                let server: TestServer
                do {
                    server = try await TestServer.start(host: host, handler: handler)
                } catch let error as NetworkError where host.contains("::") || host == "localhost" {
                    // A machine without IPv6 says so; that is no failure of ours.
                    #expect(error.description.contains("failed") || error.description.contains("does not belong"))
                    continue
                }
                let usesIPv6 = host == "localhost"
                guard let client = try? TestClient(port: server.port) else {
                    #expect(usesIPv6)  // localhost may be ::1
                    try await server.stop()
                    continue
                }
                try client.send(simpleGet)
                #expect(try client.response().body == "127.0.0.1")
                try await server.stop()
            }
        }
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
