// QueryTerms.swift — a question as distinct terms, and what each weighs.
// Retrieval › Lexical.

/// The terms of a query, each once, with how often it was said.
package struct QueryTerms: Sendable {
    package struct Term: Sendable, Equatable {
        package let bytes: [UInt8]
        package var count: Int
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    package private(set) var terms: [Term] = []
    /// More words than this are cut off: sums of scores stay below 2¹² then, where they are exact (`TermScoring`).
    package static let limit = 128

    package init(_ query: String, analyzer: Analyzer) {
        var places: [[UInt8]: Int] = [:]
        var said = 0
        analyzer.analyze(query) { term, _ in
            guard said < Self.limit else { return }
            said += 1
            let bytes = Array(term)
            if let place = places[bytes] {
                terms[place].count += 1
            } else {
                places[bytes] = terms.count
                terms.append(Term(bytes: bytes, count: 1))
            }
        }
    }

    package var isEmpty: Bool { terms.isEmpty }

    /// `count · idf`, at least 2⁻¹⁶.
    static func weight(_ term: Term, documentFrequency: Int, _ statistics: LexicalStatistics) -> Float {
        max(
            Float(Double(term.count) * statistics.inverseDocumentFrequency(documentFrequency)),
            TermScoring.leastWeight)
    }
}

/// A term of the query that some chunk of one segment has.
struct WeightedTerm {
    /// Its number in the segment.
    let number: Int
    let weight: Float
}
