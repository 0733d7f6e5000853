// Neighborhood.swift — how near a question is to a whole list of questions: the notes' own, or those of others.
// Explainer › Gate.  One near neighbor may be chance; ten are a neighborhood.

internal import Retrieval

/// The nearest questions of a list.
struct Neighborhood {
    /// Cosine of the nearest; 0 without vectors.
    var nearest = 0.0
    /// Mean cosine of the ten nearest; 0 without vectors.
    var around = 0.0
    /// The best BM25 score beside the highest that it could be.
    var share = 0.0

    static let breadth = 10

    /// - Parameters:
    ///   - vector: of `text`; nil compares words alone.
    ///   - leftOut: a document of the list that is looked past; fitting asks the list's own questions.
    /// - Complexity: O(questions of the list).
    init(
        of text: String, vector: [Float]?, in list: Snapshot, filter: Filter, leftOut: UInt64? = nil
    ) throws {
        var request = SearchRequest(text)
        request.filter = filter
        request.depth = Self.breadth + 1
        request.count = 2 * request.depth
        let found = try Retriever.candidates(request, vector: vector, in: list)
        let others = found.candidates.filter { $0.key.document != leftOut }
        let cosines = others.compactMap(\.cosine).sorted(by: >).prefix(Self.breadth)
        nearest = cosines.first ?? 0
        around = cosines.isEmpty ? 0 : cosines.reduce(0, +) / Double(cosines.count)
        share = found.bm25Ceiling > 0 ? (others.compactMap(\.bm25).max() ?? 0) / found.bm25Ceiling : 0
    }
}
