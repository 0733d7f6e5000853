// SearchDesk.swift — GET /v1/search and POST /v1/rerank, from the request to the answer.
// Server › Search.

import Base
import Network
import Retrieval

/// Takes requests on the loop and answers them on pool threads, two at a time: of the pool's four, explanations take
/// two more, and a reranker should not hold up the prompts that are tokenised there.
///
///     search   ─────────────────────────────────► queue ─► [pool: search] ─► respond
///     rerank   ─► [pool: decode, count] ─► reserve ─► queue ─► [pool: score] ─► respond
@EventLoop final class SearchDesk {
    private typealias Work = @Sendable () throws(APIError) -> WorkDone

    /// A request that waits for its answer.
    private struct Visitor {
        let responder: Responder
        var charge: InputCharge?
        var isRunning = false
    }

    private let service: SearchService
    private let hub: CompletionHub
    private let time: any TimeSource
    private var visitors: [UInt64: Visitor] = [:]
    private var nextVisitor: UInt64 = 0
    private var queue: [(visitor: UInt64, work: Work)] = []
    private var runningCount = 0
    private static let concurrency = 2

    /// - Parameter hub: told of every open request, so that a drain waits for it.
    init(_ service: SearchService, hub: CompletionHub, time: any TimeSource) {
        self.service = service
        self.hub = hub
        self.time = time
    }

    /// - Throws: 404 without an index, 503 when too many wait.
    func search(
        _ request: HTTPRequest, _ responder: Responder, ignoresUnknown: Bool, mayUse: (String) -> Bool
    ) throws(APIError) {
        guard let snapshot = service.snapshot else { throw .noIndex }
        let query = try SearchQuery(request.query, service, ignoresUnknown: ignoresUnknown, mayUse: mayUse)
        let (time, tellsStages) = (time, !responder.wantsTimings)
        let retriever = Retriever(embedder: service.embedder, reranker: query.reranker, time: time)
        let visitor = try welcome(responder, charge: nil)
        enqueue(visitor) { () throws(APIError) in
            let start = time.nanoseconds()
            do {
                let snapshot = try snapshot()
                let result = try retriever.search(query.request, in: snapshot)
                let lexical = LexicalSearch(QueryTerms(query.request.text, analyzer: Analyzer()), in: snapshot)
                let explanations = query.explains ? result.hits.map { lexical.explanation(of: $0.place) } : nil
                // Where the whole answer's time is asked for, the search's own stages are parts of that.
                let body = result.json(
                    query: query.request.text, reranker: query.reranker?.name, explanations: explanations,
                    includesTimings: tellsStages)
                return WorkDone(body, nanoseconds: time.nanoseconds() &- start, stages: result.timings.stages)
            } catch {
                throw .searchFailed("\(error)")
            }
        }
    }

    /// - Parameter charge: what the texts' tokens are reserved with, before anything is computed.
    /// - Throws: 503 when too many wait.
    func rerank(
        _ body: [UInt8], _ responder: Responder, ignoresUnknown: Bool, mayUse: @escaping @Sendable (String) -> Bool,
        charge: InputCharge?
    ) throws(APIError) {
        let (service, time) = (service, time)
        let visitor = try welcome(responder, charge: charge)
        EventLoop.offload {
            Result { () throws(APIError) -> (RerankRequest, UInt64) in
                let start = time.nanoseconds()
                let request = try RerankRequest(
                    body: body, service, ignoresUnknownFields: ignoresUnknown, mayUse: mayUse)
                return (request, time.nanoseconds() &- start)
            }
        } then: { [weak self] result in
            switch result {
            case .success((let request, let nanoseconds)): self?.reserve(request, nanoseconds, visitor)
            case .failure(let error): self?.finish(visitor) { $0.fail(error) }
            }
        }
    }

    /// - Parameter decoding: nanoseconds that it took to read the request.
    private func reserve(_ request: RerankRequest, _ decoding: UInt64, _ visitor: UInt64) {
        // The client may have left meanwhile.
        guard let found = visitors[visitor] else { return }
        let (service, time) = (service, time)
        let work: Work = { () throws(APIError) in
            try WorkDone(time) { () throws(APIError) in
                try request.answer(index: try? service.snapshot?(), time: time)
            }.after(nanoseconds: decoding)
        }
        guard let charge = found.charge else { return enqueue(visitor, work) }
        charge.reserve(request.tokenCount, found.responder) { [weak self] in
            self?.enqueue(visitor, work)
        } otherwise: { [weak self] in
            self?.finish(visitor) { _ in }
        }
    }

    /// Ends every request that waits with `error`; those that run end by themselves.
    func abortAll(_ error: APIError) {
        for visitor in visitors.filter({ !$0.value.isRunning }).keys { finish(visitor) { $0.fail(error) } }
    }

    private func welcome(_ responder: Responder, charge: InputCharge?) throws(APIError) -> UInt64 {
        let waitingCount = visitors.count - runningCount
        guard waitingCount < Limits.searchQueue.value else { throw .searchQueueFull(waiting: waitingCount) }
        nextVisitor += 1
        let visitor = nextVisitor
        visitors[visitor] = Visitor(responder: responder, charge: charge)
        hub.preparationBegan()
        // A client that has left needs no answer. What runs is not broken off, and counts until it ends.
        responder.onClose = { [weak self] in
            if self?.visitors[visitor]?.isRunning == false { self?.finish(visitor) { _ in } }
        }
        return visitor
    }

    private func enqueue(_ visitor: UInt64, _ work: @escaping Work) {
        queue.append((visitor, work))
        startNext()
    }

    private func startNext() {
        while runningCount < Self.concurrency, !queue.isEmpty {
            let (visitor, work) = queue.removeFirst()
            guard visitors[visitor] != nil else { continue }
            visitors[visitor]?.isRunning = true
            runningCount += 1
            EventLoop.offload {
                Result { () throws(APIError) in try work() }
            } then: { [self] result in
                runningCount -= 1
                finish(visitor) { responder in
                    switch result {
                    case _ where responder.isClosed: break
                    case .success(let done): responder.respond(done)
                    case .failure(let error): responder.fail(error)
                    }
                }
                startNext()
            }
        }
    }

    /// Says the last word to a visitor, whoever comes first: the work, an error, or the client by leaving.
    private func finish(_ visitor: UInt64, _ lastWord: (Responder) -> Void) {
        guard let found = visitors.removeValue(forKey: visitor) else { return }
        found.charge?.close()
        lastWord(found.responder)
        hub.preparationEnded()
    }
}

extension APIError {
    static let noIndex = APIError(
        404, .invalidRequest, "This server has no index to search; start it with --index DIR.", code: "no_index")

    fileprivate static func searchQueueFull(waiting: Int) -> APIError {
        APIError(
            503, .server, "The queue is full: \(waiting) searches are waiting. Try again.", code: "queue_full",
            headers: [Header(name: "retry-after", value: "1")])
    }

    fileprivate static func searchFailed(_ reason: String) -> APIError {
        APIError(500, .server, "The search failed: \(reason).", code: "search_failed")
    }
}
