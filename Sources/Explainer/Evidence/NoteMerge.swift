// NoteMerge.swift — one order of notes from the searches of a question and of its parts; and a second look at it.
// Explainer › Evidence.

internal import Base
internal import Retrieval

enum NoteMerge {
    /// What a part's best note is worth beside the whole question's best.
    static let partWeight = 0.5

    /// - Parameter searches: of the whole question first, then of each part.
    static func merged(_ searches: [[NoteCandidate]]) -> [NoteCandidate] {
        guard searches.count > 1, let whole = searches.first else { return searches.first ?? [] }
        var best: [NoteID: NoteCandidate] = [:]
        for candidate in searches.dropFirst().joined() where candidate.score > best[candidate.id]?.score ?? -1 {
            best[candidate.id] = candidate
        }
        return blended(whole, Array(best.values), share: partWeight)
    }

    /// One order of two; a note that both have keeps what the first says of it.
    ///
    /// - Parameter share: what the second's scores count, 0…1.
    static func blended(_ first: [NoteCandidate], _ second: [NoteCandidate], share: Double) -> [NoteCandidate] {
        var notes: [NoteID: NoteCandidate] = [:]
        for var candidate in first {
            candidate.score *= 1 - share
            notes[candidate.id] = candidate
        }
        for var candidate in second {
            let added = share * candidate.score
            candidate.score = 0
            notes[candidate.id, default: candidate].score += added
        }
        return notes.values.sorted(by: NoteCandidate.precedes)
    }

    /// Who writes a note's id means that note; of ids that begin alike, the longest.
    static func leadByNamed(_ candidates: inout [NoteCandidate], in question: String) {
        guard question.contains("/") else { return }
        let named = candidates.map(\.id).filter { question.contains($0.description) }
        if let longest = named.max(by: { $0.description.utf8.count < $1.description.utf8.count }) {
            lead(&candidates, by: longest)
        }
    }

    /// Puts a note in front, found or not, as good as the best.
    static func lead(_ candidates: inout [NoteCandidate], by note: NoteID) {
        let place = candidates.firstIndex { $0.id == note }
        var leading = place.map { candidates.remove(at: $0) } ?? NoteCandidate(id: note)
        leading.score = max(leading.score, candidates.first?.score ?? 0)
        candidates.insert(leading, at: 0)
    }
}

enum NoteReranking {
    /// Looks at the best chunk of each of the best notes.
    ///
    /// - Returns: why the order stayed as it was; nil if it was made anew.
    static func rerank(
        _ candidates: inout [NoteCandidate], for question: String, with reranker: any Reranker, snapshot: Snapshot,
        milliseconds: Int, _ time: any TimeSource
    ) -> String? {
        let looked = candidates.prefix(reranker.depth).compactMap { candidate -> (NoteCandidate, Chunk)? in
            let best = candidate.sections.max { ($0.cosine, $0.bm25) < ($1.cosine, $1.bm25) }
            return best.flatMap { try? snapshot.chunk($0.place) }.map { (candidate, $0) }
        }
        guard looked.count > 1 else { return nil }
        let deadline = time.nanoseconds() + UInt64(max(milliseconds, 0)) * 1_000_000
        let scores: [Double]?
        do {
            scores = try reranker.scores(
                query: question, chunks: looked.map(\.1), snapshot: snapshot, deadline: deadline, time: time)
        } catch {
            return "not reranked: \(reranker.name) failed: \(error)"
        }
        guard let scores, scores.count == looked.count, time.nanoseconds() <= deadline else {
            return "not reranked: \(reranker.name) was not done within \(milliseconds) ms"
        }
        let old = Fusion.stretched(looked.map(\.0.score))
        let new = Fusion.stretched(scores)
        var places: [NoteID: Int] = [:]
        for (place, entry) in looked.enumerated() { places[entry.0.id] = place }
        let highest = candidates.first?.score ?? 0
        for index in candidates.indices {
            // What was not looked at stays behind what was.
            guard let place = places[candidates[index].id] else {
                candidates[index].score = 0
                continue
            }
            candidates[index].rerank = scores[place]
            candidates[index].score = highest * ((1 - reranker.weight) * old[place] + reranker.weight * new[place])
        }
        candidates.sort(by: NoteCandidate.precedes)
        return nil
    }
}
