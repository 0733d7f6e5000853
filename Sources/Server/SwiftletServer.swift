// SwiftletServer.swift — wires HTTP to the routes, engine events to their jobs, and ends in good order.
// Server.  README, "One request": steps 3 to 6 and 14 to 15 begin here.

package import Base
package import Embedding
package import Engine
import Glibc
package import Limiting
package import Network
internal import Synchronization

/// The server. Opens its port at once, answers /health, and serves completions once it has a model.
///
///     let server = try SwiftletServer(configuration)
///     let engine = …(deliver: server.events.push)
///     server.serve(ServedModel(…, service: engine))
@EventLoop package final class SwiftletServer {
    /// Where the engine delivers, from its own thread.
    package nonisolated let events: Mailbox<RequestEvent>
    package internal(set) var isDraining = false
    package internal(set) var isDrained = false

    var configuration: ServerConfiguration
    let telemetry: Telemetry
    let hub: CompletionHub
    let limits: RateLimitDesk
    var http: HTTPServer?
    private var model: ServedModel?
    var embeddings: EmbeddingDesk?
    var searches: SearchDesk?
    var explanations: ExplainDesk?
    let onlookers: EngineDesk
    private var page: StaticPage?
    /// Bodies on worker threads, or waiting for one.
    private var offloadedCount = 0
    var drainTimer: DeadlineTimer?
    var drainWaiters: [@EventLoop () -> Void] = []

    /// - Throws: one clear line when the port cannot be opened.
    package init(
        _ configuration: ServerConfiguration, time: any TimeSource = MonotonicTime()
    ) throws(NetworkError) {
        self.configuration = configuration
        let telemetry = Telemetry(time: time, log: configuration.log)
        self.telemetry = telemetry
        let hub = CompletionHub(time: time)
        self.hub = hub
        onlookers = EngineDesk(hub: hub)
        limits = RateLimitDesk(time: time, hub: hub)
        events = Mailbox { events in hub.received(events) }
        http = try HTTPServer(
            host: configuration.host, port: configuration.port, limits: configuration.httpLimits,
            errorBody: { status, message in Self.refusal(status, message, telemetry) },
            handler: { [weak self] request, exchange in
                let responder = Responder(request, exchange, telemetry)
                guard let self else { return responder.fail(.shuttingDown) }
                handle(request, responder)
            })
        limits.use(configuration.authentication.ring)
    }

    package var port: Int { http?.boundPort ?? 0 }

    /// From now on the server is ready.
    package func serve(_ model: ServedModel) {
        self.model = model
        limits.use(model.service.limits)
    }

    /// From now on vectors are served too.
    /// - Throws: when no thread can be had for it.
    package func serve(_ embedder: EncoderEmbedder) throws {
        embeddings = try EmbeddingDesk(embedder, hub: hub, time: telemetry.time)
    }

    /// From now on an index is searched, and texts are reranked.
    package func serve(_ service: SearchService) {
        searches = SearchDesk(service, hub: hub, time: telemetry.time)
    }

    /// From now on questions are answered from notes.
    package func serve(_ service: ExplainService) {
        explanations = ExplainDesk(service, hub: hub, limits: limits, telemetry: telemetry)
    }

    /// From now on the web page is there.
    package func serve(_ page: StaticPage) { self.page = page }

    /// Takes over what can change while the server runs: keys, log, and how strict it is about unknown fields.
    package func reload(_ newest: ServerConfiguration) {
        configuration.authentication = newest.authentication
        limits.use(newest.authentication.ring)
        model?.service.use(limits.engineTenants)
        configuration.ignoresUnknownFields = newest.ignoresUnknownFields
        configuration.log = newest.log
        telemetry.log = newest.log
    }

    /// Requests that wait for a limit of their key or tenant.
    package var waitingForLimits: Int { limits.waitingCount }

    /// What is left of one of a tenant's limits; nil where there is none.
    package func balance(of resource: Resource, ofTenant name: String) -> Balance? {
        limits.balance(of: resource, ofTenant: name)
    }

    // MARK: - Routes

    private func handle(_ request: HTTPRequest, _ responder: Responder) {
        do throws(APIError) {
            // Before anything is said about what is here.
            let visitor = try visitor(request)
            responder.tenant = visitor?.tenant.name
            let route = try Route(method: request.method, path: request.path)
            responder.handler = route.handler
            switch route {
            case .completion(let kind): try complete(kind, request, responder, visitor)
            case .tool(let tool): try answer(tool, request, responder, visitor)
            case .embeddings: try embed(request, responder, visitor)
            case .search: try search(request, responder, visitor)
            case .rerank: try rerank(request, responder, visitor)
            case .explain: try explain(request, responder, visitor)
            case .note(let id): responder.respond(status: 200, body: try openExplanations().note(id))
            case .models:
                responder.respond(status: 200, body: ModelList.body(try loadedModel(), embeddings?.embedder))
            case .model(let id):
                responder.respond(status: 200, body: try ModelList.entry(id, loadedModel(), embeddings?.embedder))
            case .health: try health(responder)
            case .ready: try ready(responder)
            case .metrics: metrics(responder)
            case .engine:
                try onlookers.answer(request, responder, loadedModel(), limits.engineTenant(visitor), telemetry)
            case .openAPI: responder.respond(status: 200, body: OpenAPIDocument.body)
            case .page(let file):
                if file == .document { explanations?.prepare() }
                try responder.respond(file, of: page, request)
            }
        } catch {
            responder.fail(error)
        }
    }

    /// Nil where no key is needed.
    private func visitor(_ request: HTTPRequest) throws(APIError) -> Visitor? {
        guard !Route.isOpen(request.path) else { return nil }
        switch configuration.authentication.answer(request.headers["authorization"]) {
        case .anybody: return nil
        case .visitor(let visitor): return visitor
        case .stranger: throw .unauthorized
        }
    }

    /// Goes on with work for a visitor once its request is counted, and with everybody else's at once.
    func counted(
        _ visitor: Visitor?, _ responder: Responder, _ work: @escaping @EventLoop () throws(APIError) -> Void
    ) throws(APIError) {
        guard let visitor else { return try work() }
        limits.count(visitor, responder) {
            do throws(APIError) { try work() } catch { responder.fail(error) }
        }
    }

    func loadedModel() throws(APIError) -> ServedModel {
        guard let model else { throw .modelLoading }
        return model
    }

    var ignoresUnknownFields: Bool { configuration.ignoresUnknownFields }

    private func openSearches() throws(APIError) -> SearchDesk {
        guard !isDraining else { throw .shuttingDown }
        guard let searches else { throw .noIndex }
        return searches
    }

    private func search(_ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?) throws(APIError) {
        let (searches, ignoresUnknown) = (try openSearches(), ignoresUnknownFields)
        try counted(visitor, responder) { () throws(APIError) in
            try searches.search(request, responder, ignoresUnknown: ignoresUnknown, mayUse: visitor.mayUse)
        }
    }

    private func rerank(_ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?) throws(APIError) {
        guard request.hasJSONContent else { throw .notJSONContent }
        let (searches, ignoresUnknown) = (try openSearches(), ignoresUnknownFields)
        try counted(visitor, responder) { [limits] () throws(APIError) in
            try searches.rerank(
                request.body, responder, ignoresUnknown: ignoresUnknown, mayUse: { visitor.mayUse($0) },
                charge: visitor.map { InputCharge($0, limits) })
        }
    }

    private func embed(_ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?) throws(APIError) {
        guard !isDraining else { throw .shuttingDown }
        guard let embeddings else { throw .noEncoder }
        guard request.hasJSONContent else { throw .notJSONContent }
        guard visitor.mayUse(embeddings.embedder.name) else { throw .modelNotAllowed(embeddings.embedder.name) }
        let (body, ignoresUnknownFields) = (request.body, configuration.ignoresUnknownFields)
        try counted(visitor, responder) { [limits] () throws(APIError) in
            try embeddings.answer(
                body, responder, ignoresUnknownFields: ignoresUnknownFields,
                charge: visitor.map { InputCharge($0, limits) })
        }
    }

    private func complete(
        _ route: CompletionFormat.Route, _ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?
    ) throws(APIError) {
        guard !isDraining else { throw .shuttingDown }
        let model = try loadedModel()
        guard visitor.mayUse(model.id) else { throw .modelNotAllowed(model.id) }
        let ignoresUnknownFields = configuration.ignoresUnknownFields
        try counted(visitor, responder) { [self] () throws(APIError) in
            try work(on: request, responder) { body throws(APIError) in
                try model.prepare(route, body: body, ignoresUnknownFields: ignoresUnknownFields)
            } then: { [self] prepared in
                reserve(prepared, model, responder, visitor)
            }
        }
    }

    /// The tokens are counted: the limiter may take what the request can come to at most.
    private func reserve(
        _ prepared: PreparedCompletion, _ model: ServedModel, _ responder: Responder, _ visitor: Visitor?
    ) {
        guard let visitor else { return start(prepared, model, responder, .everyone, nil) }
        let sizes = prepared.sizes(model.service.limits)
        let amounts = CompletionCharge.amounts(sizes, cap: limits.outputCap(visitor))
        limits.reserve(amounts, visitor, responder) { [self] reservation in
            let charge = CompletionCharge(sizes, reservation, visitor, limits)
            start(prepared, model, responder, limits.engineTenant(visitor), charge)
        }
    }

    private func answer(
        _ tool: TextTool, _ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?
    ) throws(APIError) {
        let model = try loadedModel()
        guard visitor.mayUse(model.id) else { throw .modelNotAllowed(model.id) }
        let (ignoresUnknownFields, time) = (configuration.ignoresUnknownFields, telemetry.time)
        try counted(visitor, responder) { [self] () throws(APIError) in
            try work(on: request, responder) { body throws(APIError) in
                try WorkDone(time) { () throws(APIError) in
                    try model.answer(tool, body: body, ignoresUnknownFields: ignoresUnknownFields)
                }
            } then: { done in
                responder.respond(done)
            }
        }
    }

    /// Parses and tokenises a request's body: at once where it is short, else on a worker thread, since milliseconds of
    /// that would hold up every other stream.
    private func work<Value: Sendable>(
        on request: HTTPRequest, _ responder: Responder,
        _ body: @escaping @Sendable ([UInt8]) throws(APIError) -> Value, then: @escaping @EventLoop (Value) -> Void
    ) throws(APIError) {
        guard request.hasJSONContent else { throw .notJSONContent }
        let bytes = request.body
        guard bytes.count > Limits.offloadBytes else { return then(try body(bytes)) }
        let most = Limits.longBodies.value
        guard offloadedCount < most else {
            throw .submission(.queueFull(waiting: offloadedCount, limit: most), parameter: "body")
        }
        offloadedCount += 1
        hub.preparationBegan()
        // Whoever leaves while others' bodies are worked on costs no more.
        let hasLeft = Flag()
        let onClose = responder.onClose
        responder.onClose = {
            hasLeft.raise()
            onClose?()
        }
        EventLoop.offload {
            hasLeft.isRaised ? nil : Result { () throws(APIError) in try body(bytes) }
        } then: { [self] result in
            offloadedCount -= 1
            if !responder.isClosed {
                responder.onClose = onClose
                switch result {
                case .success where hub.hasAborted: responder.fail(.cancelled)
                case .success(let value): then(value)
                case .failure(let error): responder.fail(error)
                case nil: break
                }
            }
            hub.preparationEnded()
        }
    }

    private func start(
        _ prepared: PreparedCompletion, _ model: ServedModel, _ responder: Responder, _ tenant: EngineTenant,
        _ charge: CompletionCharge?
    ) {
        CompletionJob(
            prepared, model: model, responder: responder, hub: hub, telemetry: telemetry,
            keepAliveInterval: configuration.keepAliveInterval, created: Int(time(nil)), tenant: tenant,
            charge: charge
        ).start()
    }

    // MARK: - Probes

    /// Live: the engine makes steps while it has work. An engine that only just got work is given the whole time-out.
    private func health(_ responder: Responder) throws(APIError) {
        if let statistics = model?.service.statistics, statistics.isBusy {
            let lastSign = max(statistics.lastStepNanoseconds, hub.busySinceNanoseconds ?? 0)
            let now = telemetry.time.nanoseconds()
            let silence = Duration.nanoseconds(now > lastSign ? now - lastSign : 0)
            if silence > configuration.stallTimeout { throw .engineStalled(seconds: Int(silence.components.seconds)) }
        }
        responder.respond(status: 200, body: Array(#"{"status":"ok"}"#.utf8))
    }

    private func ready(_ responder: Responder) throws(APIError) {
        guard !isDraining else { throw .shuttingDown }
        _ = try loadedModel()
        responder.respond(status: 200, body: Array(#"{"status":"ready"}"#.utf8))
    }

    private func metrics(_ responder: Responder) {
        let page = MetricsPage(
            modelName: model?.id ?? "", statistics: model?.service.statistics ?? EngineStatistics(),
            limits: model?.service.limits, server: telemetry.metrics, process: .current(),
            tenants: limits.tenants, tenantCounts: limits.counts)
        responder.respond(status: 200, contentType: PrometheusText.contentType, body: Array(page.text.utf8))
    }

    /// The answer to what is not even a request, in the same shape as every other error.
    private static func refusal(
        _ status: Int, _ message: String, _ telemetry: Telemetry
    ) -> (headers: [(String, String)], body: [UInt8]) {
        let error = APIError.refused(status, message)
        let requestID = Identifier.random(prefix: "req_")
        telemetry.observe(
            LogEntry(
                requestID: requestID, method: "", path: "", status: status, milliseconds: 0, remoteAddress: "",
                tokens: nil, error: error.code),
            handler: "none")
        let headers = [("content-type", "application/json"), ("x-request-id", requestID)]
        return (headers + error.headers.map { ($0.name, $0.value) }, error.body)
    }
}

/// Raised on the loop, looked at on other threads.
private final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}
