// ShutdownTests.swift — beginning and ending to listen.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Listening` {
        private static let handler: HTTPServer.Handler = { _, exchange in
            exchange.respond(status: 200, headers: [], body: [])
        }

        @EventLoop private static func serve(host: String, port: Int) throws(NetworkError) -> HTTPServer {
            try HTTPServer(host: host, port: port, errorBody: { _, _ in ([], []) }, handler: handler)
        }

        @Test func `says in one line why it cannot listen`() async throws {
            let server = try await TestServer.start()
            let port = server.port
            func failure(_ host: String, _ port: Int) async throws -> NetworkError? {
                try await LoopThread.run {
                    do throws(NetworkError) {
                        _ = try Self.serve(host: host, port: port)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            #expect(try await failure("127.0.0.1", port) == .portInUse(host: "127.0.0.1", port: port))
            #expect(try await failure("127.0.0.1", 65536) == .invalidPort(65536))
            #expect(try await failure("127.0.0.1", -1) == .invalidPort(-1))
            #expect(try await failure("192.0.2.1", 0) == .addressNotAvailable(host: "192.0.2.1"))
            for host in ["", "no such host", "256.1.1.1\0"] {
                let error = try await failure(host, 0)
                guard case .unknownHost(host, _)? = error else {
                    Issue.record("\(host.debugDescription): \(String(describing: error))")
                    continue
                }
                #expect(!error!.description.contains("\n"))
            }
            try await server.stop()
            #expect(try await loopComesToRest())
        }

        @Test func `frees the port, and takes it again`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            try client.send(simpleGet)
            _ = try client.response()
            try await server.stop()
            _ = try client.receiveAll()
            let port = server.port
            let again = try await LoopThread.run { try Self.serve(host: "127.0.0.1", port: port) }
            #expect(try await LoopThread.run { again.boundPort } == port)
            try await LoopThread.run { again.stopListening() }
        }

        @Test func `lets exchanges finish and then reports that all is closed`() async throws {
            let held = Recorder<HTTPExchange>()
            let reports = Recorder<Int>()
            let server = try await TestServer.start { _, exchange in
                held.events.append(exchange)
                if held.events.count == 1 { exchange.beginStream(status: 200, headers: []) }
            }
            let streaming = try TestClient(port: server.port)
            try streaming.send(simpleGet)
            _ = try streaming.receive(until: "\r\n\r\n")
            let waiting = try TestClient(port: server.port)
            try waiting.send(simpleGet + simpleGet)
            let idle = try TestClient(port: server.port)
            #expect(try await eventually { held.events.count == 2 && server.server.openConnectionCount == 3 })

            try await LoopThread.run {
                server.server.onAllClosed = { reports.events.append(1) }
                server.server.stopListening()
                server.server.closeIdleConnections()
            }
            #expect(try idle.receiveAll() == "")
            #expect(throws: ClientError.self) { _ = try TestClient(port: server.port) }
            try await LoopThread.run {
                held.events[0].write(Array("on".utf8))
                held.events[0].finish()
                held.events[1].respond(status: 200, headers: [], body: [0x78])
            }
            #expect(try streaming.receiveAll() == "2\r\non\r\n0\r\n\r\n")
            let last = try waiting.receiveAll()
            #expect(last.contains("connection: close\r\n"))
            #expect(last.hasSuffix("\r\n\r\nx"))  // and the pipelined one is not begun
            streaming.close()
            waiting.close()
            #expect(try await eventually { reports.events == [1] })
            #expect(try await LoopThread.run { held.events.count } == 2)
            try await LoopThread.run { held.events = [] }
        }

        @Test func `cuts off what does not finish, and says so to the exchange`() async throws {
            let closed = Recorder<Int>()
            let server = try await TestServer.start { _, exchange in
                exchange.onClose = { closed.events.append(1) }
            }
            let client = try TestClient(port: server.port)
            try client.send(simpleGet)
            #expect(try await eventually { server.server.openConnectionCount == 1 })
            try await Task.sleep(for: .milliseconds(20))
            try await server.stop()
            #expect(try await eventually { closed.events == [1] })
            #expect(try client.receiveAll() == "")
        }
    }
}
