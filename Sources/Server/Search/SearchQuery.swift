// SearchQuery.swift — the parameters of GET /v1/search.
// Server › Search.  Pure, so it may run on any thread.

import Base
import Retrieval

/// `q` is needed; `top`, `mode`, `filter`, `fusion`, `alpha`, `rerank` and `explain` are not.
struct SearchQuery: Sendable {
    var request: SearchRequest
    /// nil: none.
    var reranker: (any Reranker)?
    var explains = false

    private static let names = ["q", "top", "mode", "filter", "fusion", "alpha", "rerank", "explain"]

    /// - Parameter mayUse: whether who asks may use this model.
    /// - Throws: a 400 that names the parameter, or a 403 for a reranker that is not allowed.
    init(
        _ parameters: [(name: String, value: String)], _ service: SearchService, ignoresUnknown: Bool,
        mayUse: (String) -> Bool = { _ in true }
    ) throws(APIError) {
        var values: [String: String] = [:]
        for (name, value) in parameters {
            // `String ==` is safe here: nothing else is canonically equal to lower-case ASCII names.
            guard Self.names.contains(name) else {
                if ignoresUnknown { continue }
                throw .unknown(quoted(Array(name.utf8)))
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .outOfRange(name, mustBe: "given once")
            }
        }
        guard let text = values["q"] else { throw .missing("q") }
        guard !text.isEmpty else { throw .outOfRange("q", mustBe: "a text that is not empty") }
        guard text.utf8.count <= Limits.searchBytes.value else {
            throw .tooMany("q", Limits.searchBytes, found: text.utf8.count)
        }
        request = SearchRequest(text)
        if let top = values["top"] {
            guard let count = Int(top), (1...Limits.searchHits.value).contains(count) else {
                throw .outOfRange("top", mustBe: "a whole number from 1 to \(Limits.searchHits.value)")
            }
            request.count = count
        }
        if let mode = values["mode"] {
            guard let mode = SearchMode(rawValue: mode) else {
                throw .outOfRange("mode", mustBe: "bm25, dense or hybrid")
            }
            guard mode == .bm25 || service.embedder != nil else { throw .noVectors(mode.rawValue) }
            request.mode = mode
        }
        request.fusion = try Self.fusion(values["fusion"], alpha: values["alpha"])
        if let filter = values["filter"] {
            do throws(FilterSyntaxError) { request.filter = try Filter(parsing: filter) } catch {
                throw .outOfRange("filter", mustBe: "conditions such as topic=rag,level!=senior: \(error)")
            }
        }
        if let name = values["rerank"], name != "none" {
            guard let found = service.reranker(name) else {
                throw .outOfRange("rerank", mustBe: Self.choices(["none"] + service.rerankers.map { $0.name }))
            }
            guard mayUse(name) else { throw .modelNotAllowed(name) }
            reranker = found
        }
        if let explain = values["explain"] {
            guard explain == "true" || explain == "false" else {
                throw .outOfRange("explain", mustBe: "true or false")
            }
            explains = explain == "true"
        }
    }

    static func choices(_ names: [String]) -> String { "one of: " + names.joined(separator: ", ") }

    private static func fusion(_ name: String?, alpha: String?) throws(APIError) -> Fusion {
        var share = 0.5
        if let alpha {
            guard let value = Double(alpha), (0...1).contains(value) else {
                throw .outOfRange("alpha", mustBe: "a number from 0 to 1")
            }
            share = value
        }
        switch name {
        case nil, "convex": return .convex(alpha: share)
        case "rrf": return .reciprocalRank(k: 60)
        default: throw .outOfRange("fusion", mustBe: "convex or rrf")
        }
    }
}

extension APIError {
    fileprivate static func noVectors(_ mode: String) -> APIError {
        APIError(
            400, .invalidRequest,
            "'mode=\(mode)' needs vectors, and this server has no encoder or its index no vectors; 'bm25' works.",
            parameter: "mode", code: "no_vectors")
    }
}
