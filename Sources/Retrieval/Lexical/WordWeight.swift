// WordWeight.swift — how much a word says, in the index at hand.
// Retrieval › Lexical.  For rerankers that weigh the words of a question.

extension Snapshot {
    /// The largest idf of the word's terms; 0 for one that has none, such as a stop word or a mark.
    package func weight(ofWord word: String) -> Double {
        let query = QueryTerms(word, analyzer: analyzer)
        return query.terms.map { term in
            let frequency = segments.reduce(0) { sum, live in
                sum + (live.segment.postings.find(term.bytes).map { live.documentFrequency($0) } ?? 0)
            }
            return statistics.inverseDocumentFrequency(frequency)
        }.max() ?? 0
    }
}
