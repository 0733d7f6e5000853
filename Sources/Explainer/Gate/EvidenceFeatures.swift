// EvidenceFeatures.swift — what the gate looks at: raw scores, because fused ones hide that nothing was found.
// Explainer › Gate.

/// Numbers that say how well the notes found fit the question; about 0…1 each.
package struct EvidenceFeatures: Sendable {
    package static let names = [
        // The first note, and how far the others are behind it.
        "wording_cosine", "section_cosine", "wording_share", "whole_share", "margin", "lead", "agreement",
        "wording_gap", "section_gap", "whole_gap",
        // Which of the words asked for stand where.
        "coverage", "own_coverage", "first_coverage", "title_coverage", "short_coverage", "rarest_missing",
        "known_share", "word_odds",
        // The notes' questions against those of others.
        "field_around", "everyday_margin", "neighboring_margin", "everyday_around", "neighboring_around",
        "own_nearest", "own_around", "everyday_share", "neighboring_share",
        // The form of the question.
        "length", "leans_back",
    ]
    package let values: [Double]

    package init(_ values: [Double]) { self.values = values }

    /// - Parameter name: one of `names`.
    subscript(name: String) -> Double { Self.names.firstIndex(of: name).map { values[$0] } ?? 0 }

    /// Nothing was found.
    package static let none = EvidenceFeatures(names.map { _ in 0 })

    /// A model that was written by hand: the weights that are not 0.
    static func model(_ weights: [String: Double], _ bias: Double) -> LogisticModel {
        LogisticModel(weights: names.map { weights[$0] ?? 0 }, bias: bias)
    }
}
