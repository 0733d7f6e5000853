// ParagraphVectors.swift — how near a question is to each paragraph of a note: to its title, and to how it begins.
// Explainer › Evidence.

internal import Retrieval
internal import Synchronization

/// Any number of threads may ask. What was encoded once is kept: as much as there are paragraphs.
final class ParagraphVectors: Sendable {
    struct Nearness {
        /// Cosines.
        let title: Double
        let beginning: Double
    }

    private typealias Pair = (title: [Float], beginning: [Float])
    private let embedder: any Embedder
    /// By where a paragraph's first sentence stands in its note's file.
    private let known = Mutex<[NoteID: [Int: Pair]]>([:])
    /// Letters of a paragraph that are encoded.
    private static let beginning = 100

    init(_ embedder: any Embedder) { self.embedder = embedder }

    /// - Parameter vector: of the question, by the same encoder.
    /// - Complexity: of paragraphs not seen before, two texts each are encoded.
    func nearness(of vector: [Float], to paragraphs: [NoteParagraph], of note: Note) throws -> [Nearness] {
        let kept = known.withLock { $0[note.id] } ?? [:]
        let new = paragraphs.filter { kept[Self.place(of: $0)] == nil }
        var pairs = kept
        if !new.isEmpty {
            let beginnings = new.map { paragraph in
                String(
                    (paragraph.title + " " + paragraph.sentences.map(\.text).joined(separator: " "))
                        .prefix(Self.beginning))
            }
            // A sentence of the short answer is its own title.
            let titles = zip(new, beginnings).map { paragraph, beginning in
                paragraph.isShortAnswer ? beginning : paragraph.title.isEmpty ? note.question : paragraph.title
            }
            let vectors = try embedder.embed(beginnings + titles)
            for (place, paragraph) in new.enumerated() {
                pairs[Self.place(of: paragraph)] = (vectors[new.count + place], vectors[place])
            }
            known.withLock { [pairs] in $0[note.id, default: [:]].merge(pairs) { old, _ in old } }
        }
        return paragraphs.map { paragraph in
            guard let pair = pairs[Self.place(of: paragraph)] else { return Nearness(title: 0, beginning: 0) }
            return Nearness(title: cosine(vector, pair.title), beginning: cosine(vector, pair.beginning))
        }
    }

    private static func place(of paragraph: NoteParagraph) -> Int { paragraph.sentences.first?.range.lowerBound ?? 0 }

    /// Encoders give vectors of length 1.
    private func cosine(_ left: [Float], _ right: [Float]) -> Double {
        Double(zip(left, right).reduce(0) { $0 + $1.0 * $1.1 })
    }
}
