// NoteSearch.swift — the notes nearest to a question, with everything that says how near.
// Explainer › Evidence.  1. three searches a part of the question  2. chunks → notes  3. one order

internal import Retrieval

/// A note and what each search thinks of it. Scores are raw; 0 where a search did not return the note.
struct NoteCandidate {
    /// A chunk of the note's text that was found.
    struct Section {
        let place: ChunkPlace
        let bm25: Double
        let cosine: Double
    }

    let id: NoteID
    var wordingBM25 = 0.0
    var wordingCosine = 0.0
    var sectionBM25 = 0.0
    var sectionCosine = 0.0
    var wholeBM25 = 0.0
    var sections: [Section] = []
    /// Of the one order, 0…1.
    var score = 0.0
    var rerank: Double?
}

/// What each score counts in the one order; measured with `swiftlet evaluate evidence` on the tuning questions.
struct NoteWeights {
    var wordingBM25: Double
    var wordingCosine: Double
    var sectionBM25: Double
    var sectionCosine: Double
    var wholeBM25: Double

    static let hybrid = NoteWeights(
        wordingBM25: 0.1, wordingCosine: 0.4, sectionBM25: 0, sectionCosine: 0.3, wholeBM25: 0.3)
    static let words = NoteWeights(
        wordingBM25: 0.4, wordingCosine: 0, sectionBM25: 0.1, sectionCosine: 0, wholeBM25: 0.5)
}

struct NoteSearch {
    /// One search, its notes best first.
    struct Result {
        var candidates: [NoteCandidate]
        /// What no chunk can exceed.
        let wordingCeiling: Double
        let wholeCeiling: Double
    }

    /// Chunks that each list contributes.
    static let depth = 100

    let index: EvidenceIndex
    let names: DocumentNames
    var filter = Filter.all

    /// - Parameter vector: of `text`; nil searches words alone.
    func notes(for text: String, vector: [Float]?) throws -> Result {
        var request = SearchRequest(text)
        request.filter = filter
        request.depth = Self.depth
        request.count = 2 * Self.depth
        var notes: [NoteID: NoteCandidate] = [:]
        func each(_ snapshot: Snapshot, _ body: (inout NoteCandidate, Retriever.Candidate) -> Void) throws -> Double {
            let found = try Retriever.candidates(request, vector: vector, in: snapshot)
            for hit in found.candidates {
                guard let id = names[hit.key.document] else { continue }
                body(&notes[id, default: NoteCandidate(id: id)], hit)
            }
            return found.bm25Ceiling
        }
        let wordingCeiling = try each(index.wordings) { note, hit in
            note.wordingBM25.raise(to: hit.bm25)
            note.wordingCosine.raise(to: hit.cosine)
        }
        _ = try each(index.sections) { note, hit in
            note.sectionBM25.raise(to: hit.bm25)
            note.sectionCosine.raise(to: hit.cosine)
            note.sections.append(.init(place: hit.place, bm25: hit.bm25 ?? 0, cosine: hit.cosine ?? 0))
        }
        request.count = Self.depth
        let wholeCeiling = try each(index.wholes) { note, hit in note.wholeBM25.raise(to: hit.bm25) }
        var candidates = notes.values.sorted { $0.id < $1.id }
        Self.order(&candidates, vector == nil ? .words : .hybrid)
        return Result(candidates: candidates, wordingCeiling: wordingCeiling, wholeCeiling: wholeCeiling)
    }

    /// Every kind of score is stretched over the notes that have one, so that the kinds can be added.
    private static func order(_ candidates: inout [NoteCandidate], _ weights: NoteWeights) {
        let kinds: [(score: (NoteCandidate) -> Double, weight: Double)] = [
            ({ $0.wordingBM25 }, weights.wordingBM25), ({ $0.wordingCosine }, weights.wordingCosine),
            ({ $0.sectionBM25 }, weights.sectionBM25), ({ $0.sectionCosine }, weights.sectionCosine),
            ({ $0.wholeBM25 }, weights.wholeBM25),
        ]
        let total = kinds.reduce(0) { $0 + $1.weight }
        for kind in kinds where kind.weight > 0 {
            let scores = candidates.map(kind.score)
            guard let largest = scores.max(), largest > 0 else { continue }
            // The last that a list still returned stands for all that it did not.
            let least = scores.reduce(largest) { $1 > 0 ? min($0, $1) : $0 }
            guard largest > least else { continue }
            for index in candidates.indices where scores[index] > least {
                candidates[index].score += kind.weight / total * (scores[index] - least) / (largest - least)
            }
        }
        candidates.sort(by: NoteCandidate.precedes)
    }
}

extension NoteCandidate {
    static func precedes(_ left: NoteCandidate, _ right: NoteCandidate) -> Bool {
        left.score != right.score ? left.score > right.score : left.id < right.id
    }
}

extension Double {
    fileprivate mutating func raise(to other: Double?) { self = Swift.max(self, other ?? 0) }
}

/// The notes that the documents of the indexes belong to, by the hash of the document's id: no text is read for it.
struct DocumentNames: Sendable {
    private let notes: [UInt64: NoteID]

    init(_ corpus: Corpus) {
        var notes: [UInt64: NoteID] = [:]
        for note in corpus.notes {
            let wordings = (0..<1 + note.alsoAsked.count).map { "\(note.id)#\($0)" }
            for document in ["\(note.id)", "\(note.id).md"] + wordings {
                notes[ChunkKey.hash(documentID: document)] = note.id
            }
        }
        self.notes = notes
    }

    subscript(hash: UInt64) -> NoteID? { notes[hash] }
}
