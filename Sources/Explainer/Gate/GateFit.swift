// GateFit.swift — the gate's two models and their thresholds, from questions whose right notes are known.
// Explainer › Gate.  Sees the tuning questions alone.

package enum GateFit {
    /// The share of answerable questions that the field's threshold may decline, and of near misses that the answer's
    /// threshold may call sufficient, on the questions it is fitted on: below the bars, because others will differ.
    static let declinedAtMost = 0.015
    static let nearMissAtMost = 0.16

    package static func models(_ trials: [EvidenceTrial]) -> EvidenceGate.Models {
        let own = trials.filter { $0.question.split == .tune }
        // Whether the field is ours does not hang on what is hidden; a near miss may be declined, and may be not.
        let field = own.filter { !$0.isHidden && $0.question.kind != .nearMiss }.map { trial in
            (features: trial.features.values, isPositive: trial.question.kind != .foreign, weight: 1.0)
        }
        let isOurField = LogisticModel.fit(balanced(field))
        let answer = own.filter { $0.question.kind != .foreign }.map { trial in
            (
                features: trial.features.values, isPositive: !trial.isHidden && trial.isRight(within: 4), weight: 1.0
            )
        }
        let isAnswered = LogisticModel.fit(answer)

        func nearness(_ trial: EvidenceTrial) -> Double { isOurField.probability(trial.features.values) }
        let answerable = own.filter { $0.question.kind == .answerable && !$0.isHidden }.map(nearness).sorted()
        let foreign = own.filter { $0.question.kind == .foreign }.map(nearness).sorted()
        let lowest = answerable.isEmpty ? 0.5 : answerable[Int(Double(answerable.count) * declinedAtMost)]
        // Half of the room that is left between the two, if there is any, belongs to each.
        let highest = min(foreign.last ?? lowest, lowest)
        func threshold(_ missed: [EvidenceTrial]) -> Double {
            let sorted = missed.map { isAnswered.probability($0.features.values) }.sorted()
            let place = Int(Double(sorted.count) * (1 - nearMissAtMost))
            return sorted.isEmpty ? 0.5 : sorted[min(sorted.count - 1, place)]
        }
        return EvidenceGate.Models(
            isOurField: isOurField, isAnswered: isAnswered, fieldThreshold: (lowest + highest) / 2,
            answerThreshold: max(
                threshold(own.filter { $0.question.kind == .nearMiss }), threshold(own.filter(\.isHidden))))
    }

    /// Both answers weigh the same, however many examples each has.
    private static func balanced(
        _ examples: [(features: [Double], isPositive: Bool, weight: Double)]
    ) -> [(features: [Double], isPositive: Bool, weight: Double)] {
        let positives = Double(examples.count { $0.isPositive })
        let negatives = Double(examples.count) - positives
        guard positives > 0, negatives > 0 else { return examples }
        return examples.map { ($0.features, $0.isPositive, 0.5 / ($0.isPositive ? positives : negatives)) }
    }
}
