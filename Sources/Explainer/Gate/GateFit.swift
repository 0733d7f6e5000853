// GateFit.swift — the gate's two models and their thresholds, from questions whose right notes are known.
// Explainer › Gate.  Sees the tuning questions alone, and the listed ones of others.

package enum GateFit {
    /// The share of answerable questions that the field's threshold may decline, and of near misses that the answer's
    /// threshold may call sufficient, by models that did not see them. Follow-ups are half of these, and harder: of first
    /// questions, whose bars are .02 and .25, it is .01 and .2; and what nobody has seen yet fares worse.
    static let declinedAtMost = 0.009
    static let nearMissAtMost = 0.23

    /// What tells whether the field is ours: how good the first note is among others says nothing about that.
    static let fieldFeatures: Set<String> = [
        "wording_cosine", "section_cosine", "wording_share", "whole_share", "coverage", "own_coverage", "known_share",
        "word_odds", "field_around", "everyday_margin", "everyday_around", "own_nearest", "own_around",
        "neighboring_margin", "neighboring_around", "everyday_share", "neighboring_share", "whole_gap", "length",
        "leans_back",
    ]

    package static func models(_ trials: [EvidenceTrial]) -> EvidenceGate.Models {
        let own = trials.filter { $0.question.split == .tune }
        let field = Judged(fieldExamples(own), isField: true)
        let answer = Judged(answerExamples(own), isField: false)

        let answerable = field.scores { $0.question.kind == .answerable }
        let foreign = field.scores { $0.question.kind == .foreign }
        let lowest = answerable.isEmpty ? 0.5 : answerable[Int(Double(answerable.count) * declinedAtMost)]
        // Half of the room that is left between the two, if there is any, belongs to each.
        let highest = min(foreign.last ?? lowest, lowest)
        func threshold(_ missed: [Double]) -> Double {
            let place = Int(Double(missed.count) * (1 - nearMissAtMost))
            return missed.isEmpty ? 0.5 : missed[min(missed.count - 1, place)]
        }
        return EvidenceGate.Models(
            isOurField: field.model, isAnswered: answer.model, fieldThreshold: (lowest + highest) / 2,
            answerThreshold: max(
                threshold(answer.scores { $0.question.kind == .nearMiss && $0.question.listed == nil }),
                threshold(answer.scores { $0.isHidden })))
    }

    /// Whether the field is ours does not hang on what is hidden; a near miss may be declined, and may be not. Both
    /// answers weigh the same, and among the foreign the judged ones as much as the listed, however many there are.
    private static func fieldExamples(_ trials: [EvidenceTrial]) -> [(trial: EvidenceTrial, weight: Double)] {
        let own = trials.filter { !$0.isHidden && $0.question.kind != .nearMiss }
        func part(_ trial: EvidenceTrial) -> Int {
            trial.question.kind == .answerable ? 0 : trial.question.listed == nil ? 1 : 2
        }
        var counts = [0.0, 0, 0]
        for trial in own { counts[part(trial)] += 1 }
        return own.map { trial in
            let part = part(trial)
            let isOnlyForeign = part > 0 && counts[3 - part] == 0
            return (trial, (part == 0 || isOnlyForeign ? 0.5 : 0.25) / counts[part])
        }
    }

    /// Of the listed ones those of neighboring fields: many and short, so each weighs less.
    private static func answerExamples(_ trials: [EvidenceTrial]) -> [(trial: EvidenceTrial, weight: Double)] {
        trials.filter { $0.question.kind != .foreign }.map { ($0, $0.question.listed == nil ? 1 : 0.3) }
    }
}

/// A model, and what models that did not see a trial say of it.
private struct Judged {
    let model: LogisticModel
    private var unseen: [(trial: EvidenceTrial, score: Double)] = []

    static let folds = 5

    init(_ trials: [(trial: EvidenceTrial, weight: Double)], isField: Bool) {
        let examples = trials.map { trial, weight in
            (
                features: Self.features(trial, isField: isField), isPositive: Self.isPositive(trial, isField: isField),
                weight: weight
            )
        }
        model = .fit(examples)
        // A question is asked twice, with its notes and without: both go the same way.
        var places: [String: Int] = [:]
        for (trial, _) in trials where places[trial.question.id] == nil { places[trial.question.id] = places.count }
        let fold = trials.map { (places[$0.trial.question.id] ?? 0) % Self.folds }
        for left in 0..<Self.folds {
            let model = LogisticModel.fit(examples.indices.filter { fold[$0] != left }.map { examples[$0] })
            guard !model.weights.isEmpty else { continue }
            for index in examples.indices where fold[index] == left {
                unseen.append((trials[index].trial, model.probability(examples[index].features)))
            }
        }
    }

    /// Lowest first.
    func scores(_ isMeant: (EvidenceTrial) -> Bool) -> [Double] {
        unseen.filter { isMeant($0.trial) }.map(\.score).sorted()
    }

    /// What a model must not use is 0 for it in every example, and so is its weight.
    private static func features(_ trial: EvidenceTrial, isField: Bool) -> [Double] {
        zip(EvidenceFeatures.names, trial.features.values).map { name, value in
            !isField || GateFit.fieldFeatures.contains(name) ? value : 0
        }
    }

    private static func isPositive(_ trial: EvidenceTrial, isField: Bool) -> Bool {
        isField ? trial.question.kind == .answerable : !trial.isHidden && trial.isRight(within: 4)
    }
}
