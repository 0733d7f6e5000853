// KeyPoints.swift — how much of a note's short answer an answer says; by words, so that anyone gets the same number.
// Explainer › Answer.

import Retrieval

/// The sentences of short answers, as the points that an answer to their question should make.
package struct KeyPoints: Sendable {
    /// A point is made when the answer has this share of its words, stems compared and stop words left out.
    static let share = 0.6

    private let points: [Set<String>]

    package init(_ note: Note) {
        points = AnswerSentence.all(.shortAnswer, of: note).map { Self.words($0.line) }.filter { !$0.isEmpty }
    }

    /// The share of points made, 0…1.
    package func made(in answer: String) -> Double {
        guard !points.isEmpty else { return 1 }
        let said = Self.words(answer)
        let made = points.filter { Double($0.intersection(said).count) >= Self.share * Double($0.count) }
        return Double(made.count) / Double(points.count)
    }

    private static func words(_ text: String) -> Set<String> { Set(Analyzer().terms(of: text)) }
}
