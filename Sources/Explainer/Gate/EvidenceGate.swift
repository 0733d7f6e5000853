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

    /// Evidence as unlikely as this, without this share of the question's words in any of the best notes or with a word that
    /// no note has, is none: "how do spiking neural networks learn with STDP" is of our field, and no note speaks of it. Of
    /// 327 tuning questions it declines one more, whose right note was not found; with .06 as little, but five of the 327
    /// held out.
    static let (leastConfidence, leastCoverage) = (0.03, 0.5)

    /// An instruction to the program passes only where the field is as plain as this: of 106 that passed without it, 31 do
    /// not.
    static let leastOfInstruction = 0.95

    /// For vectors of questions by an encoder of their own; nil does without it.
    package var questions: Models?
    /// For vectors by one encoder.
    package var vectors: Models
    package var words: Models

    package init(questions: Models? = nil, vectors: Models, words: Models) {
        self.questions = questions
        self.vectors = vectors
        self.words = words
    }

    /// - Parameters:
    ///   - hasQuestions: whether an encoder of questions compared these.
    ///   - isNamed: the question is what a note is called: of our field, even if the word is an everyday one
    ///     ("temperature").
    ///   - isInstruction: the question asks nothing, and tells the program what to do.
    package func grade(
        _ features: EvidenceFeatures, hasVectors: Bool, hasQuestions: Bool = false, isNamed: Bool = false,
        isInstruction: Bool = false
    ) -> (grade: Grade, confidence: Double) {
        let models = !hasVectors ? words : hasQuestions ? questions ?? vectors : vectors
        let confidence = models.isAnswered.probability(features.values)
        let isUncovered =
            confidence < Self.leastConfidence
            && (features["own_coverage"] < Self.leastCoverage || features["rarest_missing"] >= 1)
        let threshold = isInstruction ? max(models.fieldThreshold, Self.leastOfInstruction) : models.fieldThreshold
        guard isNamed || models.isOurField.probability(features.values) >= threshold && !isUncovered else {
            return (.declined, confidence)
        }
        return (confidence >= models.answerThreshold ? .sufficient : .weak, confidence)
    }

    /// For notes or an encoder that nobody fitted a gate on: declines what is far, and calls only what is plain
    /// sufficient.
    package static let cautious: EvidenceGate = {
        let far = EvidenceFeatures.model(
            ["wording_cosine": 6, "section_cosine": 6, "whole_share": 4, "own_coverage": 4, "everyday_margin": 16], -5)
        let near = EvidenceFeatures.model(
            [
                "wording_cosine": 6, "section_cosine": 4, "wording_share": 2, "whole_share": 4, "own_coverage": 2,
                "margin": 4, "everyday_margin": 4, "neighboring_margin": 4,
            ], -11)
        let vectors = Models(isOurField: far, isAnswered: near, fieldThreshold: 0.5, answerThreshold: 0.7)
        let words = Models(
            isOurField: EvidenceFeatures.model(
                ["wording_share": 4, "whole_share": 8, "own_coverage": 4, "everyday_share": -4], -3),
            isAnswered: EvidenceFeatures.model(
                [
                    "wording_share": 4, "whole_share": 6, "own_coverage": 2, "margin": 4, "everyday_share": -2,
                    "neighboring_share": -2,
                ], -7),
            fieldThreshold: 0.5,
            answerThreshold: 0.7)
        return EvidenceGate(vectors: vectors, words: words)
    }()
}
