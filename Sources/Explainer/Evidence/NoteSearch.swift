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
    var wordingBM25s = WordingScores()
    var wordingCosines = WordingScores()
    /// Mean cosine of the nearest wordings.
    var wordingNearness = 0.0
    var sectionCosine = 0.0
    var wholeBM25 = 0.0
    var sections: [Section] = []
    /// The scores that the order is made of, each 0…1 over all candidates.
    var parts: [Double] = []
    /// Of the one order, 0…1.
    var score = 0.0
    var rerank: Double?

    init(id: NoteID) { self.id = id }

    /// Of the nearest wording; 0 where none was found.
    var wordingBM25: Double { wordingBM25s.highest }
    var wordingCosine: Double { wordingCosines.highest }
}

/// The highest scores of a note's wordings.
///
/// One wording may be near by chance, three hardly. On the tuning questions, with weights fitted on others (eight folds; the
/// order computed outside of the program, over all wordings), the right note comes first for .881 by the highest cosine alone,
/// .896 by the mean of two, .911 of three, .908 of four, .899 of eight.
struct WordingScores {
    static let count = 3
    /// Descending.
    private var scores: [Double] = []

    var highest: Double { scores.first ?? 0 }

    mutating func add(_ score: Double?) {
        guard let score else { return }
        scores.insert(score, at: scores.firstIndex { $0 < score } ?? scores.count)
        if scores.count > Self.count { scores.removeLast() }
    }

    /// - Parameter floor: what counts for wordings that the search did not return, or found lower.
    func mean(floor: Double) -> Double {
        let missing = Double(Self.count - scores.count) * floor
        return scores.reduce(missing) { $0 + max($1, floor) } / Double(Self.count)
    }
}

struct NoteSearch {
    /// One search, its notes best first.
    struct Result {
        var candidates: [NoteCandidate]
        /// What no chunk can exceed.
        let wordingCeiling: Double
        let wholeCeiling: Double
    }

    /// Chunks that each list contributes: the three wordings that count, of some eighty notes.
    static let depth = 250

    let index: EvidenceIndex
    let names: DocumentNames
    var filter = Filter.all

    /// - Parameters:
    ///   - vector: of `text`; nil searches words alone.
    ///   - asking: the same by the encoder of questions.
    func notes(for text: String, vector: [Float]?, asking: [Float]?) throws -> Result {
        var request = SearchRequest(QuestionWords.subject(of: text))
        request.filter = filter
        request.depth = Self.depth
        request.count = 2 * Self.depth
        var notes: [NoteID: NoteCandidate] = [:]
        func each(
            _ snapshot: Snapshot, _ vector: [Float]?, _ body: (inout NoteCandidate, Retriever.Candidate) -> Void
        ) throws -> (ceiling: Double, floor: Double) {
            let found = try Retriever.candidates(request, vector: vector, in: snapshot)
            for hit in found.candidates {
                guard let id = names[hit.key.document] else { continue }
                body(&notes[id, default: NoteCandidate(id: id)], hit)
            }
            // The list of cosines ends here; what the list of words added lies deeper.
            let cosines = found.candidates.compactMap(\.cosine).sorted(by: >)
            return (found.bm25Ceiling, cosines.isEmpty ? 0 : cosines[min(Self.depth, cosines.count) - 1])
        }
        let wordings = try each(index.wordings, asking) { note, hit in
            note.wordingBM25s.add(hit.bm25)
            note.wordingCosines.add(hit.cosine)
        }
        let sections = try each(index.sections, vector) { note, hit in
            note.sectionCosine.raise(to: hit.cosine)
            note.sections.append(.init(place: hit.place, bm25: hit.bm25 ?? 0, cosine: hit.cosine ?? 0))
        }
        let wholes = try each(index.wholes, vector) { note, hit in note.wholeBM25.raise(to: hit.bm25) }
        var candidates = notes.values.sorted { $0.id < $1.id }
        for index in candidates.indices {
            candidates[index].wordingNearness = candidates[index].wordingCosines.mean(floor: wordings.floor)
        }
        NoteOrder.order(&candidates, sectionFloor: sections.floor, vector == nil ? .words : .hybrid)
        return Result(candidates: candidates, wordingCeiling: wordings.ceiling, wholeCeiling: wholes.ceiling)
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
            let wordings = note.wordings.indices.map { "\(note.id)#\($0)" }
            for document in ["\(note.id)", "\(note.id).md"] + wordings {
                notes[ChunkKey.hash(documentID: document)] = note.id
            }
        }
        self.notes = notes
    }

    subscript(hash: UInt64) -> NoteID? { notes[hash] }
}
