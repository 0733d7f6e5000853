// ScoreExplanation.swift — a score as a tree of the numbers it was made from.
// Retrieval › Lexical.

package struct ScoreExplanation: Sendable, Equatable {
    package let value: Double
    package let description: String
    package let details: [ScoreExplanation]

    package init(_ value: Double, _ description: String, _ details: [ScoreExplanation] = []) {
        self.value = value
        self.description = description
        self.details = details
    }

    /// One line a node, children two spaces deeper.
    package func lines(depth: Int = 0) -> [String] {
        [String(repeating: "  ", count: depth) + "\(rounded(value))  \(description)"]
            + details.flatMap { $0.lines(depth: depth + 1) }
    }

    private func rounded(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e9
            ? "\(Int(value))" : "\((value * 1e6).rounded(.toNearestOrAwayFromZero) / 1e6)"
    }

    static func term(
        _ term: String, score: Double, tf: Int, length: Int, queryCount: Int, documentFrequency: Int,
        _ snapshot: Snapshot
    ) -> ScoreExplanation {
        let statistics = snapshot.statistics
        let idf = statistics.inverseDocumentFrequency(documentFrequency)
        let (k1, b) = (Double(snapshot.parameters.k1), Double(snapshot.parameters.b))
        let norm = k1 * (1 - b + b * Double(length) / statistics.averageLength)
        let factor = queryCount == 1 ? "" : "\(queryCount) × "
        return ScoreExplanation(
            score, "term '\(term)': \(factor)idf × tf / (tf + k1 (1 − b + b length / average))",
            [
                ScoreExplanation(
                    idf, "idf = ln(1 + (N − df + 0.5) / (df + 0.5))",
                    [
                        ScoreExplanation(Double(statistics.chunkCount), "N, chunks"),
                        ScoreExplanation(Double(documentFrequency), "df, chunks with the term"),
                    ]),
                ScoreExplanation(
                    Double(tf) / (Double(tf) + norm), "saturated tf",
                    [
                        ScoreExplanation(Double(tf), "tf, occurrences in this chunk"),
                        ScoreExplanation(Double(length), "length of this chunk in terms"),
                        ScoreExplanation(statistics.averageLength, "average length"),
                        ScoreExplanation(k1, "k1"), ScoreExplanation(b, "b"),
                    ]),
            ])
    }
}
