// EvidenceVerdict.swift — what is said of the evidence, and of a question that has none.
// Explainer › Evidence.

/// What the gate says about the evidence.
package enum EvidenceVerdict: Sendable, Equatable {
    /// The notes answer the question.
    case sufficient
    /// They may: quote, and say so.
    case weak
    /// The corpus does not know; the text says why, for the person who asked.
    case declined(reason: String)

    package var isDeclined: Bool { grade == .declined }

    package var grade: EvidenceGate.Grade {
        switch self {
        case .sufficient: .sufficient
        case .weak: .weak
        case .declined: .declined
        }
    }

    /// - Parameter notes: best first.
    init(_ grade: EvidenceGate.Grade, _ notes: [EvidenceNote]) {
        switch grade {
        case .sufficient where !notes.isEmpty: self = .sufficient
        case .weak where !notes.isEmpty: self = .weak
        default:
            let near = notes.filter(\.isNear).map { "“\($0.note.question)”" }
            let start = "The notes are about language models and the systems around them, and do not answer this."
            let end =
                near.isEmpty
                ? "Nothing in them comes near it." : "The nearest they have: \(near.joined(separator: ", "))"
            self = .declined(reason: "\(start) \(end)")
        }
    }
}
