// EvidenceGate.swift — whether the notes found are enough to answer, may be, or are not.
// Explainer › Gate.  Fitted by `swiftlet evaluate evidence --fit` and kept beside the notes it was fitted on.

/// Two questions, a model each: is this the notes' field at all, and do these notes answer it?
package struct EvidenceGate: Sendable {
    package struct Models: Sendable, Equatable {
        package var isOurField: LogisticModel
        package var isAnswered: LogisticModel
        /// Below, the question is declined.
        package var fieldThreshold: Double
        /// From here on evidence is sufficient; between the two it is weak.
        package var answerThreshold: Double

        package init(
            isOurField: LogisticModel, isAnswered: LogisticModel, fieldThreshold: Double, answerThreshold: Double
        ) {
            self.isOurField = isOurField
            self.isAnswered = isAnswered
            self.fieldThreshold = fieldThreshold
            self.answerThreshold = answerThreshold
        }
    }

    package enum Grade: String, Sendable { case sufficient, weak, declined }

    package var vectors: Models
    package var words: Models

    package init(vectors: Models, words: Models) {
        self.vectors = vectors
        self.words = words
    }

    package func grade(_ features: EvidenceFeatures, hasVectors: Bool) -> (grade: Grade, confidence: Double) {
        let models = hasVectors ? vectors : words
        let confidence = models.isAnswered.probability(features.values)
        guard models.isOurField.probability(features.values) >= models.fieldThreshold else {
            return (.declined, confidence)
        }
        let needed = hasVectors ? models.answerThreshold : max(models.answerThreshold, Self.wordsAloneThreshold)
        return (confidence >= needed ? .sufficient : .weak, confidence)
    }

    /// Everyday words stand in the notes too: who cannot compare meanings must be surer.
    private static let wordsAloneThreshold = 0.7

    /// For notes or an encoder that nobody fitted a gate on: declines what is far, and calls only what is plain
    /// sufficient.
    package static let cautious: EvidenceGate = {
        let far = LogisticModel(weights: [6, 6, 0, 4, 0, 4, 0, 0, 0, 16, 0, 0, 0], bias: -5)
        let near = LogisticModel(weights: [6, 4, 2, 4, 0, 2, 4, 0, 0, 4, 4, 0, 0], bias: -11)
        let vectors = Models(isOurField: far, isAnswered: near, fieldThreshold: 0.5, answerThreshold: 0.7)
        let words = Models(
            isOurField: LogisticModel(weights: [0, 0, 4, 8, 0, 4, 0, 0, 0, 0, 0, -4, 0], bias: -3),
            isAnswered: LogisticModel(weights: [0, 0, 4, 6, 0, 2, 4, 0, 0, 0, 0, -2, -2], bias: -7),
            fieldThreshold: 0.5,
            answerThreshold: 0.7)
        return EvidenceGate(vectors: vectors, words: words)
    }()
}
