// EvidenceEvaluation.swift — how well evidence is found and judged on questions whose right notes are known.
// Explainer › Evaluation.

package import Base

/// What came of one question.
package struct EvidenceTrial: Sendable {
    package let question: JudgedQuestion
    /// Whether the right notes were hidden: nothing that is found can be right.
    package let isHidden: Bool
    package let grade: EvidenceGate.Grade
    package let confidence: Double
    /// Best first, before any was left out.
    package let notes: [NoteID]
    /// The note of each sentence that was selected.
    package let sentences: [NoteID]
    /// What the best note says to the question's own words, or to a question that stays with the note shown before.
    package let details: [String]
    package let features: EvidenceFeatures
    package let searched: String
    package let milliseconds: Double
    package let timings: [(stage: String, milliseconds: Double)]

    /// One of the sentences that answer the question is among the details; nil where it is not known which these are.
    package var isTold: Bool? {
        guard !question.answers.isEmpty else { return nil }
        return question.answers.contains { answer in details.contains { $0.hasPrefix(answer) || answer.hasPrefix($0) } }
    }

    package func isRight(within count: Int) -> Bool {
        notes.prefix(count).contains { question.notes.contains($0) }
    }
}

package struct EvidenceEvaluation: Sendable {
    package let trials: [EvidenceTrial]

    /// Sentences that a look asks for.
    package static let sentenceCount = 20

    /// Asks every question, the answerable ones a second time with their right notes hidden.
    package init(
        _ questions: [JudgedQuestion], _ finder: EvidenceFinder, time: any TimeSource = MonotonicTime()
    ) throws {
        var trials: [EvidenceTrial] = []
        for question in questions {
            for isHidden in question.kind == .answerable ? [false, true] : [false] {
                let start = time.nanoseconds()
                let look = try finder.look(
                    for: question.query, conversation: question.conversation, sentenceCount: Self.sentenceCount,
                    hidden: isHidden ? Set(question.notes) : [], asked: question.listed)
                let milliseconds = Double(time.nanoseconds() - start) / 1e6
                trials.append(
                    EvidenceTrial(
                        question: question, isHidden: isHidden, grade: look.evidence.verdict.grade,
                        confidence: look.evidence.confidence, notes: look.ranking,
                        sentences: look.evidence.sentences.map(\.note), details: look.evidence.detailTexts,
                        features: look.features,
                        searched: look.evidence.question, milliseconds: milliseconds,
                        timings: look.evidence.timings))
            }
        }
        self.trials = trials
    }

    package init(trials: [EvidenceTrial]) { self.trials = trials }

    package func trials(_ kind: JudgedQuestion.Kind, isHidden: Bool = false) -> [EvidenceTrial] {
        trials.filter { $0.question.kind == kind && $0.isHidden == isHidden }
    }

    /// How often a right note is among the first.
    package func right(within count: Int, style: String? = nil) -> Double {
        let own = trials(.answerable).filter { style == nil || $0.question.style == style }
        return Self.share(own) { $0.isRight(within: count) }
    }

    /// Of questions whose answering sentences are known: how many get one of them. Nil where none is known.
    package var told: Double? {
        let known = trials(.answerable).compactMap(\.isTold)
        return known.isEmpty ? nil : Double(known.count { $0 }) / Double(known.count)
    }

    /// Of questions with several right notes: the share of these among the first four.
    package var allRight: Double {
        let several = trials(.answerable).filter { $0.question.notes.count > 1 }
        let found = several.map { trial in
            Double(trial.question.notes.count { trial.notes.prefix(4).contains($0) })
                / Double(trial.question.notes.count)
        }
        return found.isEmpty ? 0 : found.reduce(0, +) / Double(found.count)
    }

    /// Of the first sentences of each answerable question: how many belong to a right note.
    package func rightSentences(first count: Int) -> Double {
        let own = trials(.answerable).flatMap { trial in
            trial.sentences.prefix(count).map { trial.question.notes.contains($0) }
        }
        return own.isEmpty ? 0 : Double(own.count { $0 }) / Double(own.count)
    }

    package func share(
        _ kind: JudgedQuestion.Kind, isHidden: Bool = false, graded grade: EvidenceGate.Grade
    ) -> Double {
        Self.share(trials(kind, isHidden: isHidden)) { $0.grade == grade }
    }

    /// Of latencies of questions asked as people ask them.
    package func milliseconds(percentile: Int) -> Double {
        let sorted = trials.filter { !$0.isHidden }.map(\.milliseconds).sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * percentile / 100)]
    }

    /// If only what is at least so confident is answered: how much of the answerable is, and how much of the answered
    /// is wrong. Answered and wrong is what holds no right note, hidden and missing ones included.
    package struct RiskPoint: Sendable {
        package let confidence: Double
        package let coverage: Double
        package let risk: Double
        package let nearMissAnswered: Double
    }

    package func riskCurve(at confidences: [Double]) -> [RiskPoint] {
        let answerable = trials(.answerable)
        let near = trials(.nearMiss) + trials(.answerable, isHidden: true)
        return confidences.map { least in
            let answered = answerable.filter { $0.grade != .declined && $0.confidence >= least }
            return RiskPoint(
                confidence: least, coverage: Double(answered.count) / Double(max(answerable.count, 1)),
                risk: Self.share(answered) { !$0.isRight(within: 4) },
                nearMissAnswered: Self.share(near) { $0.grade != .declined && $0.confidence >= least })
        }
    }

    /// How far the confidence is from how often it is right, over ten bands (expected calibration error).
    package var calibrationError: Double {
        var bands = [(sum: Double, right: Double, count: Double)](repeating: (0, 0, 0), count: 10)
        for trial in trials where trial.question.kind != .foreign {
            let band = min(9, Int(trial.confidence * 10))
            bands[band].sum += trial.confidence
            bands[band].right += !trial.isHidden && trial.isRight(within: 4) ? 1 : 0
            bands[band].count += 1
        }
        let total = bands.reduce(0) { $0 + $1.count }
        return total == 0 ? 0 : bands.reduce(0) { $0 + abs($1.sum - $1.right) } / total
    }

    private static func share(_ trials: [EvidenceTrial], _ holds: (EvidenceTrial) -> Bool) -> Double {
        trials.isEmpty ? 0 : Double(trials.count(where: holds)) / Double(trials.count)
    }
}
