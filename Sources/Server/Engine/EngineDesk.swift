// EngineDesk.swift — GET /v1/engine: asks the engine for a look, and answers when it comes.
// Server › Engine.

import Base
import Engine
import Network

/// Onlookers wait for the end of the step that is being made, and no step waits for them.
@EventLoop final class EngineDesk {
    private struct Visitor {
        let responder: Responder
        let view: @EventLoop (EngineSnapshot) -> EngineView
    }

    private struct Reply: Sendable {
        let ticket: Int
        let snapshot: EngineSnapshot?
    }

    private let hub: CompletionHub
    private var waiting: [Int: Visitor] = [:]
    private var ticketCount = 0
    private lazy var replies = Mailbox<Reply> { [weak self] replies in
        for reply in replies { self?.received(reply) }
    }

    /// - Parameter hub: told of everybody who waits, so that a drain waits for them.
    init(hub: CompletionHub) { self.hub = hub }

    /// - Throws: 400 for a block that is no number, 503 when too many look at once.
    func answer(
        _ request: HTTPRequest, _ responder: Responder, _ model: ServedModel, _ tenant: EngineTenant,
        _ telemetry: Telemetry
    ) throws(APIError) {
        guard waiting.count < Limits.onlookers.value else { throw .tooManyOnlookers }
        let query = EngineQuery(tenant: tenant.id, block: try Self.block(request))
        ticketCount += 1
        let ticket = ticketCount
        waiting[ticket] = Visitor(responder: responder) { snapshot in
            EngineView(
                snapshot: snapshot, limits: model.service.limits, codec: model.codec, asksForBlock: query.block != nil,
                firstTokens: telemetry.metrics.recentFirstTokens)
        }
        hub.preparationBegan()
        model.service.look(query) { [replies] snapshot in replies.push(Reply(ticket: ticket, snapshot: snapshot)) }
    }

    /// Ends every request that waits with `error`; replies that come later go nowhere.
    func abortAll(_ error: APIError) {
        for ticket in waiting.keys.sorted() { finish(ticket) { $0.responder.fail(error) } }
    }

    private func received(_ reply: Reply) {
        finish(reply.ticket) { visitor in
            guard let snapshot = reply.snapshot else { return visitor.responder.fail(.shuttingDown) }
            visitor.responder.extraHeaders.append(("cache-control", "no-store"))
            visitor.responder.respond(status: 200, body: visitor.view(snapshot).json)
        }
    }

    private func finish(_ ticket: Int, _ answer: (Visitor) -> Void) {
        guard let visitor = waiting.removeValue(forKey: ticket) else { return }
        // A client that has left needs no answer.
        if !visitor.responder.isClosed { answer(visitor) }
        hub.preparationEnded()
    }

    private static func block(_ request: HTTPRequest) throws(APIError) -> Int? {
        var block: Int?
        for (name, value) in request.query where name == "block" {
            guard let number = Int(value), number >= 0 else {
                throw .outOfRange("block", mustBe: "the number of a block, got '\(quoted(Array(value.utf8)))'")
            }
            block = number
        }
        return block
    }
}

extension APIError {
    fileprivate static let tooManyOnlookers = APIError(
        503, .server, "\(Limits.onlookers.value) requests wait for a look at the engine. Try again.",
        code: "queue_full", headers: [Header(name: "retry-after", value: "1")])
}
