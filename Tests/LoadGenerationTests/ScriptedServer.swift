// ScriptedServer.swift — a server that answers as it is told, chunk by chunk, on the same loop as the load.

import Base
import Network
import TestSupport

/// Answers every POST by what `script` makes of it, and remembers what it was sent.
@EventLoop final class ScriptedServer {
    enum Answer {
        /// Text chunks, one per this many milliseconds, then usage and `[DONE]`.
        case chunks(Int, everyMilliseconds: Int)
        /// As many chunks, then a closed connection.
        case cut(after: Int)
        case refuse(Int)
        case never
    }

    private(set) var bodies: [JSON] = []
    private(set) var running = 0
    private(set) var peakRunning = 0
    private(set) var abandoned = 0
    private(set) var port = 0
    private let script: (JSON) -> Answer
    private var server: HTTPServer?
    private var timers: [ObjectIdentifier: DeadlineTimer] = [:]

    init(_ script: @escaping (JSON) -> Answer) throws {
        self.script = script
        let server = try HTTPServer(host: "127.0.0.1", port: 0, errorBody: { _, _ in ([], []) }) {
            [weak self] request, exchange in
            guard let self else { return }
            if request.method == "GET" {
                return exchange.respond(
                    status: 200, headers: [("content-type", "application/json")],
                    body: Array("{\"data\": [{\"id\": \"scripted\"}]}".utf8))
            }
            guard let body = try? JSON.parse(request.body) else {
                return exchange.respond(status: 400, headers: [], body: [])
            }
            bodies.append(body)
            answer(exchange, script(body))
        }
        self.server = server
        port = server.boundPort
    }

    func stop() {
        timers = [:]
        server?.stopListening()
        server?.closeAllConnections()
        server = nil
    }

    private func answer(_ exchange: HTTPExchange, _ answer: Answer) {
        switch answer {
        case .refuse(let status):
            exchange.respond(
                status: status, headers: [("content-type", "application/json")],
                body: Array("{\"error\": {\"message\": \"refused on purpose\"}}".utf8))
        case .never: begin(exchange)
        case .cut(let count):
            begin(exchange)
            for _ in 0..<count { exchange.write(Self.chunk) }
            // The length of the stream is unknown to the client: only its end was promised.
            exchange.finish()
            ended(exchange)
        case .chunks(let count, let milliseconds):
            begin(exchange)
            var left = count
            let timer = DeadlineTimer { [weak self] in
                guard let self else { return }
                if left > 0 {
                    left -= 1
                    exchange.write(Self.chunk)
                    return
                }
                let usage = "{\"prompt_tokens\":7,\"completion_tokens\":\(2 * count)}"
                exchange.finish(Array("data: {\"choices\":[],\"usage\":\(usage)}\n\ndata: [DONE]\n\n".utf8))
                ended(exchange)
            }
            timers[ObjectIdentifier(exchange)] = timer
            timer.start(after: .milliseconds(milliseconds), every: .milliseconds(milliseconds))
        }
    }

    private func begin(_ exchange: HTTPExchange) {
        exchange.onClose = { [weak self] in
            guard let self, timers[ObjectIdentifier(exchange)] != nil else { return }
            abandoned += 1
            ended(exchange)
        }
        exchange.beginStream(status: 200, headers: [("content-type", "text/event-stream")])
        running += 1
        peakRunning = max(peakRunning, running)
    }

    private func ended(_ exchange: HTTPExchange) {
        timers[ObjectIdentifier(exchange)] = nil
        running -= 1
    }

    private static let chunk = Array("data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n".utf8)
}
