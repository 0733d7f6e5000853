// SearchResultFormat.swift — the JSON of a search, the same from the command line and over HTTP.
// Retrieval › Search.

internal import Base

extension SearchResult {
    /// `{"query", "mode", "bm25_ceiling", "hits": […], "rerank": {…}?, "timings": {…}}`.
    ///
    /// - Parameters:
    ///   - reranker: the name of the one that was asked; nil if none was.
    ///   - explanations: of the hits' BM25 scores, in order; nil leaves them out.
    ///   - includesTimings: false leaves `timings` to the caller.
    package func json(
        query: String, reranker: String? = nil, explanations: [ScoreExplanation]? = nil, includesTimings: Bool = true
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("query", query)
            writer.field("mode", mode.rawValue)
            writer.field("bm25_ceiling", bm25Ceiling)
            writer.key("hits")
            writer.array { writer in
                for (index, hit) in hits.enumerated() {
                    writer.object { writer in
                        hit.writeMembers(to: &writer)
                        if let explanation = explanations?[index] {
                            writer.key("explanation")
                            explanation.write(to: &writer)
                        }
                    }
                }
            }
            if let reranker {
                writer.key("rerank")
                writer.object { writer in
                    writer.field("name", reranker)
                    writer.field("applied", rerankFallback == nil)
                    writer.field("reason", rerankFallback)
                }
            }
            guard includesTimings else { return }
            writer.key("timings")
            writer.object { writer in
                for stage in timings.stages { writer.field("\(stage.name)_ms", stage.milliseconds) }
                writer.field("total_ms", timings.totalMilliseconds)
            }
        }
        return writer.bytes
    }
}

extension SearchHit {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.field("id", chunk.documentID)
        writer.field("chunk", chunk.sequence)
        writer.field("title", chunk.title)
        writer.field("text", chunk.text)
        writer.field("offset", chunk.sourceOffset)
        writer.field("score", score)
        writer.key("parts")
        writer.object { writer in
            for (name, part) in [("bm25", bm25), ("cosine", cosine), ("rerank", rerank)] {
                if let part { writer.field(name, part) } else { writer.nullField(name) }
            }
        }
    }
}

extension ScoreExplanation {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("value", value)
            writer.field("description", description)
            writer.key("details")
            writer.array { writer in
                for detail in details { detail.write(to: &writer) }
            }
        }
    }
}
