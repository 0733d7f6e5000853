// Router.swift — which route a method and a path mean.
// Server › Routes.

/// Everything that is served.
package enum Route: Equatable, Sendable {
    case completion(CompletionFormat.Route)
    case tool(TextTool)
    case embeddings
    case search
    case rerank
    case explain
    /// By its id, `topic/name`.
    case note(String)
    case models
    case model(String)
    case health
    case ready
    case metrics
    case engine
    case openAPI
    case page(PageFile)

    /// - Throws: 404 for an unknown path, 405 with `allow` for a wrong method.
    package init(method: String, path: String) throws(APIError) {
        guard let route = Route(path: path) else { throw .noRoute(quoted(Array(path.utf8))) }
        let allowed = route.methods
        guard allowed.contains(method) else {
            throw .methodNotAllowed(
                quoted(Array(method.utf8)), quoted(Array(path.utf8)), allowed: allowed.joined(separator: ", "))
        }
        self = route
    }

    private init?(path: String) {
        switch path {
        case "/v1/chat/completions": self = .completion(.chat)
        case "/v1/completions": self = .completion(.text)
        case "/v1/embeddings": self = .embeddings
        case "/v1/search": self = .search
        case "/v1/rerank": self = .rerank
        case "/v1/explain": self = .explain
        case "/v1/models": self = .models
        case "/health": self = .health
        case "/ready": self = .ready
        case "/metrics": self = .metrics
        case "/v1/engine": self = .engine
        case "/openapi.json": self = .openAPI
        default:
            if let file = PageFile(rawValue: path) {
                self = .page(file)
                return
            }
            if let tool = TextTool(rawValue: path) {
                self = .tool(tool)
                return
            }
            // A model's name may hold slashes: owner/name.
            if let model = Self.rest(of: path, behind: "/v1/models/") {
                self = .model(model)
            } else if let note = Self.rest(of: path, behind: "/v1/notes/") {
                self = .note(note)
            } else {
                return nil
            }
        }
    }

    private static func rest(of path: String, behind prefix: String) -> String? {
        path.hasPrefix(prefix) && path.utf8.count > prefix.utf8.count ? String(path.dropFirst(prefix.count)) : nil
    }

    /// Probes need no key, and the page's files hold nothing but the page.
    package static func isOpen(_ path: String) -> Bool {
        path == "/health" || path == "/ready" || PageFile(rawValue: path) != nil
    }

    /// HEAD is GET without the body, which the exchange leaves out.
    private var methods: [String] {
        switch self {
        case .completion, .embeddings, .rerank, .explain, .tool: ["POST"]
        case .search, .note, .models, .model, .health, .ready, .metrics, .engine, .openAPI, .page: ["GET", "HEAD"]
        }
    }

    /// The metric label: bounded, whatever paths clients try.
    package var handler: String {
        switch self {
        case .completion(.chat): "/v1/chat/completions"
        case .completion(.text): "/v1/completions"
        case .tool(let tool): tool.rawValue
        case .embeddings: "/v1/embeddings"
        case .search: "/v1/search"
        case .rerank: "/v1/rerank"
        case .explain: "/v1/explain"
        case .note: "/v1/notes/{topic}/{slug}"
        case .models: "/v1/models"
        case .model: "/v1/models/{id}"
        case .health: "/health"
        case .ready: "/ready"
        case .metrics: "/metrics"
        case .engine: "/v1/engine"
        case .openAPI: "/openapi.json"
        case .page: "/"
        }
    }
}
