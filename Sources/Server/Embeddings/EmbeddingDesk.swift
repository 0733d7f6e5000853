// EmbeddingDesk.swift — POST /v1/embeddings, from the request's bytes to the answer.
// Server › Embeddings.

import Base
import Embedding
import Network

/// Takes requests on the loop, has them decoded on a pool thread and computed on the worker's, and answers on the loop.
///
///     loop   answer ─► [pool: decode, tokenise] ─► submit ─► [worker: turns, then the JSON] ─► mailbox ─► respond
@EventLoop final class EmbeddingDesk {
    nonisolated let embedder: EncoderEmbedder

    /// A request that waits for its answer.
    private struct Visitor {
        let responder: Responder
        let charge: InputCharge?
        /// nil until the texts are with the worker.
        var job: EmbeddingWorker.JobID?
    }

    private struct Answer: Sendable {
        let visitor: UInt64
        let done: WorkDone
    }

    private let worker: EmbeddingWorker
    private let hub: CompletionHub
    private let time: any TimeSource
    private var visitors: [UInt64: Visitor] = [:]
    private var nextVisitor: UInt64 = 0
    private var answers: Mailbox<Answer>?

    /// - Parameter hub: told of every open request, so that a drain waits for it.
    /// - Throws: when the worker's thread cannot be had.
    init(_ embedder: EncoderEmbedder, hub: CompletionHub, time: any TimeSource) throws {
        self.embedder = embedder
        self.hub = hub
        self.time = time
        worker = try EmbeddingWorker(embedder)
        answers = Mailbox { [weak self] answers in
            for answer in answers { self?.finish(answer.visitor) { $0.respond(answer.done) } }
        }
    }

    /// - Throws: 503 when too many requests wait.
    func answer(
        _ body: [UInt8], _ responder: Responder, ignoresUnknownFields: Bool, charge: InputCharge? = nil
    ) throws(APIError) {
        guard visitors.count < Limits.embeddingQueue.value else {
            throw .embeddingQueueFull(waiting: visitors.count)
        }
        nextVisitor += 1
        let visitor = nextVisitor
        visitors[visitor] = Visitor(responder: responder, charge: charge)
        hub.preparationBegan()
        responder.onClose = { [weak self] in self?.finish(visitor) { _ in } }
        let (embedder, time) = (embedder, time)
        EventLoop.offload {
            Result { () throws(APIError) -> (EmbeddingRequest, UInt64) in
                let start = time.nanoseconds()
                let request = try EmbeddingRequest(
                    body: body, embedder: embedder, ignoresUnknownFields: ignoresUnknownFields)
                return (request, time.nanoseconds() &- start)
            }
        } then: { [weak self] result in
            switch result {
            case .success((let request, let nanoseconds)): self?.reserve(request, nanoseconds, visitor)
            case .failure(let error): self?.finish(visitor) { $0.fail(error) }
            }
        }
    }

    /// Ends every open request with `error`.
    func abortAll(_ error: APIError) {
        for visitor in Array(visitors.keys) { finish(visitor) { $0.fail(error) } }
    }

    /// - Parameter decoding: nanoseconds that it took to read the request.
    private func reserve(_ request: EmbeddingRequest, _ decoding: UInt64, _ visitor: UInt64) {
        // The client may have left meanwhile.
        guard let found = visitors[visitor] else { return }
        guard let charge = found.charge else { return submit(request, decoding, visitor) }
        charge.reserve(request.tokenCount, found.responder) { [weak self] in
            self?.submit(request, decoding, visitor)
        } otherwise: { [weak self] in
            self?.finish(visitor) { _ in }
        }
    }

    private func submit(_ request: EmbeddingRequest, _ decoding: UInt64, _ visitor: UInt64) {
        guard visitors[visitor] != nil, let answers else { return }
        let (name, tokenCount, time) = (embedder.name, request.tokenCount, time)
        // The worker takes turns with its requests, so others' turns are in it.
        let start = time.nanoseconds()
        visitors[visitor]?.job = worker.submit(request.texts) { vectors in
            let body = EmbeddingFormat.body(vectors, encoding: request.encoding, model: name, tokenCount: tokenCount)
            let done = WorkDone(body, nanoseconds: time.nanoseconds() &- start).after(nanoseconds: decoding)
            answers.push(Answer(visitor: visitor, done: done))
        }
    }

    /// Says the last word to a visitor, whoever comes first: the worker, an error, or the client by leaving.
    private func finish(_ visitor: UInt64, _ lastWord: (Responder) -> Void) {
        guard let found = visitors.removeValue(forKey: visitor) else { return }
        if let job = found.job { worker.cancel(job) }
        found.charge?.close()
        lastWord(found.responder)
        hub.preparationEnded()
    }
}

extension APIError {
    fileprivate static func embeddingQueueFull(waiting: Int) -> APIError {
        APIError(
            503, .server, "The queue is full: \(waiting) requests for embeddings are waiting. Try again.",
            code: "queue_full", headers: [Header(name: "retry-after", value: "1")])
    }

    static let noEncoder = APIError(
        404, .invalidRequest,
        "This server has no model for embeddings; `make models` fetches one, and --encoder DIR names another.",
        parameter: "model", code: "model_not_found")
}
