// TestServer.swift — a whole server on a free port, over a scripted engine.

import Base
import Engine
import Network
import Server
import Synchronization
import TestSupport

/// Starts on a free port; everything it logs is kept.
struct TestServer: Sendable {
    let server: SwiftletServer
    let service: ScriptedService
    let port: Int
    let log: Log

    final class Log: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func append(_ line: [UInt8]) { bytes.withLock { $0 += line } }
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
        var lines: [JSON] {
            text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }
        }
    }

    /// - Parameter loads: false leaves the server without a model.
    static func start(
        _ service: ScriptedService, loads: Bool = true, codec: any TextCodec = ByteCodec(),
        time: any TimeSource = MonotonicTime(),
        _ configure: @escaping @Sendable (inout ServerConfiguration) -> Void = { _ in }
    ) async throws -> TestServer {
        let log = Log()
        return try await LoopThread.run {
            var configuration = ServerConfiguration()
            configuration.port = 0
            configuration.closingGrace = .milliseconds(50)
            configuration.log = { log.append($0) }
            configuration.httpLimits.lingerTimeout = .milliseconds(50)
            configure(&configuration)
            let server = try SwiftletServer(configuration, time: time)
            let events = server.events
            service.change { $0.deliver = { events.push($0) } }
            if loads { server.serve(model(service, codec)) }
            return TestServer(server: server, service: service, port: server.port, log: log)
        }
    }

    static func model(_ service: ScriptedService, _ codec: any TextCodec = ByteCodec()) -> ServedModel {
        ServedModel(id: "tiny", created: 1_700_000_000, codec: codec, service: service)
    }

    /// Ends the server; waits until its last connection is closed.
    func stop() async throws {
        await withCheckedContinuation { continuation in
            Task { @EventLoop in
                server.drain(deadline: .zero) { continuation.resume() }
            }
        }
    }

    // MARK: - Requests

    static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n"
            + "\(headers)\r\n\(body)"
    }

    /// One request on its own connection, with a whole answer.
    func request(_ text: String) async throws -> TestClient.Response {
        let port = port
        return try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(text)
            return try client.response()
        }
    }

    func get(_ path: String, _ headers: String = "") async throws -> TestClient.Response {
        try await request("GET \(path) HTTP/1.1\r\nhost: t\r\n\(headers)\r\n")
    }

    func post(_ path: String, _ body: String) async throws -> TestClient.Response {
        try await request(Self.post(path, body))
    }

    /// A streamed answer to its end: the head, and the body without its chunk framing.
    func stream(_ path: String, _ body: String) async throws -> (head: TestClient.Response, body: String) {
        let port = port
        return try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(Self.post(path, body))
            return try client.stream()
        }
    }
}

extension TestClient {
    /// Reads a chunked answer.
    func stream() throws -> (head: Response, body: String) {
        let head = Response(head: try receive(until: "\r\n\r\n"))
        guard head.header("transfer-encoding") == "chunked" else {
            throw ClientError("not a stream: \(head.head)")
        }
        var body: [UInt8] = []
        while let chunk = try chunk() { body += chunk }
        return (head, String(decoding: body, as: UTF8.self))
    }

    /// The next chunk of a stream; nil at its end.
    func chunk() throws -> [UInt8]? {
        let size = try receive(until: "\r\n").dropLast()  // CR and LF are one Character
        guard let count = Int(size, radix: 16) else { throw ClientError("not a chunk size: \(size)") }
        let bytes = try receive(exactly: count)
        _ = try receive(exactly: 2)
        return count == 0 ? nil : bytes
    }
}

/// The `data:` payloads of a stream.
func events(_ body: String) -> [String] {
    body.split(separator: "\n\n").compactMap { frame in
        frame.hasPrefix("data: ") ? String(frame.dropFirst(6)) : nil
    }
}

func json(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

/// Polls until `condition` holds; gives up after ten seconds, far beyond any healthy run.
func eventuallyTrue(_ condition: @escaping @Sendable () -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
