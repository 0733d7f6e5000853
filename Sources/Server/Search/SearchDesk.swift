// SearchDesk.swift — GET /v1/search and POST /v1/rerank, from the request to the answer.
// Server › Search.

import Base
import Network
import Retrieval

/// Takes requests on the loop and answers them on pool threads, two at a time: the pool has four, and prompts that
/// are tokenised there should not wait for a reranker.
@EventLoop final class SearchDesk {
    private typealias Work = @Sendable () throws(APIError) -> [UInt8]

    private struct Visitor {
        let responder: Responder
        let work: Work
    }

    private let service: SearchService
    private let hub: CompletionHub
    private let time: any TimeSource
    private var waiting: [Visitor] = []
    private var runningCount = 0
    private static let concurrency = 2

    /// - Parameter hub: told of every open request, so that a drain waits for it.
    init(_ service: SearchService, hub: CompletionHub, time: any TimeSource) {
        self.service = service
        self.hub = hub
        self.time = time
    }

    /// - Throws: 404 without an index, 503 when too many wait.
    func search(_ request: HTTPRequest, _ responder: Responder, ignoresUnknown: Bool) throws(APIError) {
        guard let snapshot = service.snapshot else { throw .noIndex }
        let query = try SearchQuery(request.query, service, ignoresUnknown: ignoresUnknown)
        let retriever = Retriever(embedder: service.embedder, reranker: query.reranker, time: time)
        try add(responder) { () throws(APIError) in
            do {
                let snapshot = try snapshot()
                let result = try retriever.search(query.request, in: snapshot)
                let lexical = LexicalSearch(QueryTerms(query.request.text, analyzer: Analyzer()), in: snapshot)
                let explanations = query.explains ? result.hits.map { lexical.explanation(of: $0.place) } : nil
                return result.json(
                    query: query.request.text, reranker: query.reranker?.name, explanations: explanations)
            } catch {
                throw .searchFailed("\(error)")
            }
        }
    }

    /// - Throws: 503 when too many wait.
    func rerank(_ body: [UInt8], _ responder: Responder, ignoresUnknown: Bool) throws(APIError) {
        let (service, time) = (service, time)
        try add(responder) { () throws(APIError) in
            try RerankRequest(body: body, service, ignoresUnknownFields: ignoresUnknown)
                .answer(index: try? service.snapshot?(), time: time)
        }
    }

    /// Ends every request that waits with `error`; those that run end by themselves.
    func abortAll(_ error: APIError) {
        let gone = waiting
        waiting = []
        for visitor in gone {
            visitor.responder.fail(error)
            hub.preparationEnded()
        }
    }

    private func add(_ responder: Responder, _ work: @escaping Work) throws(APIError) {
        guard waiting.count < Limits.searchQueue.value else { throw .searchQueueFull(waiting: waiting.count) }
        hub.preparationBegan()
        waiting.append(Visitor(responder: responder, work: work))
        startNext()
    }

    private func startNext() {
        while runningCount < Self.concurrency, !waiting.isEmpty {
            let visitor = waiting.removeFirst()
            // A client that has left needs no answer.
            guard !visitor.responder.isClosed else {
                hub.preparationEnded()
                continue
            }
            runningCount += 1
            let work = visitor.work
            EventLoop.offload {
                Result { () throws(APIError) in try work() }
            } then: { [self] result in
                runningCount -= 1
                switch result {
                case _ where visitor.responder.isClosed: break
                case .success(let body): visitor.responder.respond(status: 200, body: body)
                case .failure(let error): visitor.responder.fail(error)
                }
                hub.preparationEnded()
                startNext()
            }
        }
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
