// RerankRequest.swift — POST /v1/rerank: which of these texts answers the question best.
// Server › Search.  The shape of Cohere's and Jina's rerank.  Pure, so it may run on any thread.

import Base
import Retrieval

/// A decoded request, and its answer.
struct RerankRequest: Sendable {
    /// Words alone: there is always an answer, whatever models are installed.
    static let lexical = "bm25"
    /// What a reranker may take for one request.
    static let milliseconds = 30_000

    /// Tokens of all the texts it brings; without a model an estimate, for words have to be read too.
    let tokenCount: Int
    private let query: String
    private let texts: [String]
    private let count: Int
    private let returnsTexts: Bool
    /// nil: BM25.
    private let reranker: (any Reranker)?

    /// - Parameter mayUse: whether who asks may use this model.
    /// - Throws: a 400 that names the member, a 404 for an unknown reranker, or a 403 for one that is not allowed.
    init(
        body: [UInt8], _ service: SearchService, ignoresUnknownFields: Bool, mayUse: (String) -> Bool = { _ in true }
    ) throws(APIError) {
        let json: JSON
        do { json = try JSON.parse(body, maximumDepth: Limits.nesting.value) } catch { throw .notJSON(error) }
        let fields = try RequestFields(
            json, supported: ["model", "query", "documents", "top_n", "return_documents"],
            refused: ["user": .anyString], ignoresUnknown: ignoresUnknownFields)
        if let name = try fields.string("model") {
            reranker = service.reranker(name)
            guard reranker != nil || name == Self.lexical else {
                throw .noReranker(
                    quoted(Array(name.utf8)),
                    SearchQuery.choices(service.rerankers.map { $0.name } + [Self.lexical]))
            }
        } else {
            reranker = service.rerankers.first { $0.isUsual }
        }
        let name = reranker?.name ?? Self.lexical
        guard mayUse(name) else { throw .modelNotAllowed(name) }
        guard let query = try fields.required("query").string, !query.isEmpty else {
            throw .outOfRange("query", mustBe: "a string that is not empty")
        }
        // A model reads it again with every text.
        guard query.utf8.count <= Limits.rerankQueryBytes.value else {
            throw .tooMany("query", Limits.rerankQueryBytes, found: query.utf8.count)
        }
        self.query = query
        texts = try Self.texts(fields.required("documents"))
        count = min(try fields.integer("top_n", in: 1...(1 << 20)) ?? texts.count, texts.count)
        returnsTexts = try fields.boolean("return_documents") ?? false
        tokenCount =
            reranker?.tokenCount(query: query, texts: texts)
            ?? ([query] + texts).reduce(0) { $0 + Chunker.estimate($1) }
    }

    /// Strings, or objects with a `text`.
    private static func texts(_ value: JSON) throws(APIError) -> [String] {
        guard value.kind == .array else {
            throw .wrongType("documents", expected: "an array", found: value.kind)
        }
        guard value.count > 0 else { throw .outOfRange("documents", mustBe: "an array that is not empty") }
        guard value.count <= Limits.rerankDocuments.value else {
            throw .tooMany("documents", Limits.rerankDocuments, found: value.count)
        }
        var texts: [String] = []
        for element in value.elements {
            guard let text = element.string ?? element["text"]?.string else {
                throw .wrongType(
                    "documents[\(texts.count)]", expected: "a string or an object with a text", found: element.kind)
            }
            texts.append(text)
        }
        return texts
    }

    /// - Parameter index: whose statistics say how much a word weighs; without one the texts' own.
    /// - Throws: 503 when the reranker is not done in time.
    func answer(index: Snapshot?, time: any TimeSource) throws(APIError) -> [UInt8] {
        let scores = try scores(index: index, time: time)
        let order = texts.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        var json = JSONWriter()
        json.object { json in
            json.field("model", reranker?.name ?? Self.lexical)
            json.key("results")
            json.array { json in
                for place in order.prefix(count) {
                    json.object { json in
                        json.field("index", place)
                        json.field("relevance_score", scores[place])
                        guard returnsTexts else { return }
                        json.key("document")
                        json.object { json in json.field("text", texts[place]) }
                    }
                }
            }
        }
        return json.bytes
    }

    private func scores(index: Snapshot?, time: any TimeSource) throws(APIError) -> [Double] {
        // Pieces of one document: a snapshot holds them in this order.
        let chunks = texts.enumerated().map { Chunk(documentID: "request", sequence: $0.offset, text: $0.element) }
        let deadline = time.nanoseconds() + UInt64(Self.milliseconds) * 1_000_000
        do {
            let own = try Snapshot(chunks: chunks)
            guard let reranker else {
                let search = LexicalSearch(QueryTerms(query, analyzer: Analyzer()), in: own)
                return search.scores(of: chunks.indices.map { ChunkPlace(segment: 0, ordinal: $0) })
            }
            let found = try reranker.scores(
                query: query, chunks: chunks, snapshot: index ?? own, deadline: deadline, time: time)
            if let found, found.count == chunks.count { return found }
        } catch {
            throw .rerankFailed("\(error)")
        }
        throw .rerankFailed("it was not done within \(Self.milliseconds / 1000) s; send fewer documents")
    }
}

extension APIError {
    fileprivate static func noReranker(_ name: String, _ choices: String) -> APIError {
        APIError(
            404, .invalidRequest, "The model '\(name)' does not rerank here; 'model' must be \(choices).",
            parameter: "model", code: "model_not_found")
    }

    fileprivate static func rerankFailed(_ reason: String) -> APIError {
        APIError(503, .server, "The reranker failed: \(reason).", code: "rerank_failed")
    }
}
