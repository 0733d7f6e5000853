// LexicalSearch.swift — BM25 over all segments of a snapshot, with one set of statistics.
// Retrieval › Lexical.

/// A chunk that was found, and its score.
package struct ScoredPlace: Sendable, Equatable {
    package let place: ChunkPlace
    package let key: ChunkKey
    package let score: Double

    /// Best first; among equals the order of the keys.
    static func precedes(_ left: ScoredPlace, _ right: ScoredPlace) -> Bool {
        left.score != right.score ? left.score > right.score : left.key < right.key
    }
}

/// One query against one snapshot. Statistics are looked up once.
package struct LexicalSearch {
    private let snapshot: Snapshot
    package let query: QueryTerms
    /// Living chunks that have each term, over all segments.
    private let frequencies: [Int]
    private let weights: [Float]
    /// Per segment, the terms it has.
    private let terms: [[WeightedTerm]]

    package init(_ query: QueryTerms, in snapshot: Snapshot) {
        self.snapshot = snapshot
        self.query = query
        var frequencies = [Int](repeating: 0, count: query.terms.count)
        var numbers: [[(place: Int, number: Int)]] = []
        for live in snapshot.segments {
            var found: [(Int, Int)] = []
            for (place, term) in query.terms.enumerated() {
                guard let number = live.segment.postings.find(term.bytes) else { continue }
                frequencies[place] += live.documentFrequency(number)
                found.append((place, number))
            }
            numbers.append(found)
        }
        let weights = zip(query.terms, frequencies).map {
            QueryTerms.weight($0, documentFrequency: $1, snapshot.statistics)
        }
        self.frequencies = frequencies
        self.weights = weights
        terms = numbers.map { found in found.map { WeightedTerm(number: $0.number, weight: weights[$0.place]) } }
    }

    /// How the best are found; both give the same.
    package enum Method: Sendable { case blockMax, exhaustive }

    /// The best chunks, best first, among equals in the order of their keys.
    ///
    /// - Parameter allowed: from `Snapshot.allowed`.
    package func best(_ count: Int, allowed: [Bitmap?], method: Method = .blockMax) -> [ScoredPlace] {
        var best: [ScoredPlace] = []
        for (index, live) in snapshot.segments.enumerated() {
            // A later segment's chunk must at least equal the worst that is kept.
            let floor = best.count == count ? best[count - 1].score : 0
            let search = method == .blockMax ? BlockMaxSearch.best : ExhaustiveSearch.best
            let found = search(
                count, terms[index], live.segment.postings, snapshot.scoring, allowed[index], floor)
            best += found.map { entry in
                let place = ChunkPlace(segment: index, ordinal: Int(entry.ordinal))
                return ScoredPlace(place: place, key: snapshot.key(place), score: entry.score)
            }
            best.sort(by: ScoredPlace.precedes)
            if best.count > count { best.removeSubrange(count...) }
        }
        return best
    }

    /// The scores of given chunks, 0 for one that has none of the terms.
    package func scores(of places: [ChunkPlace]) -> [Double] {
        var scores = [Double](repeating: 0, count: places.count)
        for segment in Set(places.map(\.segment)) {
            let order = places.indices.filter { places[$0].segment == segment }
                .sorted { places[$0].ordinal < places[$1].ordinal }
            let found = ExhaustiveSearch.scores(
                of: terms[segment], for: order.map { UInt32(places[$0].ordinal) },
                in: snapshot.segments[segment].segment.postings, snapshot.scoring)
            for (index, score) in zip(order, found) { scores[index] = score }
        }
        return scores
    }

    /// What no chunk can exceed: every term as often as one likes in no space. A score beside its ceiling says how
    /// much of the question a chunk covers.
    package var ceiling: Double {
        zip(weights, frequencies).reduce(0) { $0 + ($1.1 > 0 ? Double($1.0) : 0) }
    }

    /// Why a chunk has its score. The parts add up to exactly the score that `best` returns.
    package func explanation(of place: ChunkPlace) -> ScoreExplanation {
        let postings = snapshot.segments[place.segment].segment.postings
        let length = Int(postings.lengths[place.ordinal])
        var parts: [ScoreExplanation] = []
        var sum = 0.0
        for (index, term) in query.terms.enumerated() {
            guard
                let number = postings.find(term.bytes),
                let tf = ExhaustiveSearch.count(of: number, in: UInt32(place.ordinal), postings)
            else { continue }
            let saturation = Float(tf) * snapshot.scoring.inverseNorm(length)
            let score = Double(TermScoring.score(weight: weights[index], saturation: saturation))
            sum += score
            parts.append(
                ScoreExplanation.term(
                    term.text, score: score, tf: tf, length: length, queryCount: term.count,
                    documentFrequency: frequencies[index], snapshot))
        }
        return ScoreExplanation(sum, "BM25: sum of \(parts.count) of \(query.terms.count) terms", parts)
    }
}
