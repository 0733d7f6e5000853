// GateFile.swift — the fitted gate, beside the notes: what it was fitted on, and its numbers.
// Explainer › Gate.

internal import Base

/// A gate is worth something only for the notes and the encoder that it was fitted on.
package struct GateFile: Sendable {
    package static let name = "evidence-gate.json"

    /// `Corpus.searchHash` of the notes.
    package let corpus: String
    /// The encoder's fingerprint; nil if there was none.
    package let embedder: String?
    /// That of the encoder of questions; nil if there was none.
    package let questions: String?
    package let gate: EvidenceGate

    package init(corpus: String, embedder: String?, questions: String? = nil, gate: EvidenceGate) {
        self.corpus = corpus
        self.embedder = embedder
        self.questions = questions
        self.gate = gate
    }

    /// The gate for these notes and these encoders, and one line of warning if it is not the fitted one. For an encoder of
    /// questions that it was not fitted on it has no models.
    package static func gate(
        for corpus: Corpus, embedder: String?, questions: String? = nil
    ) -> (gate: EvidenceGate, warning: String?) {
        let path = corpus.folder + "/" + name
        let file: GateFile
        do { file = try GateFile(path) } catch {
            return (.cautious, "the evidence gate is a cautious default: \(error)")
        }
        var gate = file.gate
        var warning: String?
        if file.corpus != corpus.searchHash {
            gate = gate.stricter
            warning = "the notes differ from those that the evidence gate was fitted on; it is stricter therefore"
        }
        if let embedder, embedder != file.embedder {
            gate.vectors = EvidenceGate.cautious.vectors
            warning = "the evidence gate was fitted on another encoder; it is a cautious default therefore"
        } else if let questions, questions != file.questions {
            warning = "the evidence gate was fitted on another encoder of questions; it does without one therefore"
        }
        if embedder != file.embedder || questions != file.questions { gate.questions = nil }
        return (gate, warning.map { $0 + " (`swiftlet evaluate evidence --fit` fits it)" })
    }

    /// - Throws: one line.
    package init(_ path: String) throws(GateFault) {
        let json: JSON
        do {
            json = try JSON.parse(try ReadFile.bytes(path, limit: 1 << 20))
        } catch {
            throw GateFault(description: "\(path): \(error)")
        }
        guard json["features"]?.elements.compactMap({ $0.string }) == EvidenceFeatures.names else {
            let expected = EvidenceFeatures.names.joined(separator: ", ")
            throw GateFault(description: "\(path): its features are not \(expected)")
        }
        guard let corpus = json["corpus"]?.string, let vectors = Self.models(json["vectors"]),
            let words = Self.models(json["words"])
        else { throw GateFault(description: "\(path): it needs corpus, vectors and words") }
        self.init(
            corpus: corpus, embedder: json["embedder"]?.string, questions: json["question_encoder"]?.string,
            gate: EvidenceGate(questions: Self.models(json["questions"]), vectors: vectors, words: words))
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("corpus", corpus)
            writer.field("embedder", embedder)
            writer.field("question_encoder", questions)
            writer.key("features")
            writer.array { writer in for name in EvidenceFeatures.names { writer.string(name) } }
            for (name, models) in [("questions", gate.questions), ("vectors", gate.vectors), ("words", gate.words)] {
                guard let models else { continue }
                writer.key(name)
                writer.object { writer in
                    Self.write("is_our_field", models.isOurField, models.fieldThreshold, to: &writer)
                    Self.write("is_answered", models.isAnswered, models.answerThreshold, to: &writer)
                }
            }
        }
        return writer.bytes
    }

    private static func write(
        _ name: String, _ model: LogisticModel, _ threshold: Double, to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.object { writer in
            writer.key("weights")
            writer.array { writer in for weight in model.weights { writer.number(weight) } }
            writer.field("bias", model.bias)
            writer.field("threshold", threshold)
        }
    }

    private static func models(_ json: JSON?) -> EvidenceGate.Models? {
        guard let field = model(json?["is_our_field"]), let answer = model(json?["is_answered"]) else { return nil }
        return EvidenceGate.Models(
            isOurField: field.model, isAnswered: answer.model, fieldThreshold: field.threshold,
            answerThreshold: answer.threshold)
    }

    private static func model(_ json: JSON?) -> (model: LogisticModel, threshold: Double)? {
        guard let bias = json?["bias"]?.double, let threshold = json?["threshold"]?.double else { return nil }
        let weights = json?["weights"]?.elements.compactMap { $0.double } ?? []
        guard weights.count == EvidenceFeatures.names.count else { return nil }
        return (LogisticModel(weights: weights, bias: bias), threshold)
    }
}

/// The gate's file cannot be used.
package struct GateFault: Error, Equatable, CustomStringConvertible {
    package let description: String
}

extension EvidenceGate {
    /// The same judgments with less trust in them.
    var stricter: EvidenceGate {
        func raised(_ models: Models) -> Models {
            var models = models
            models.answerThreshold += (1 - models.answerThreshold) / 2
            return models
        }
        return EvidenceGate(
            questions: questions.map(raised), vectors: raised(vectors), words: raised(words))
    }
}

extension Corpus {
    /// Of everything that is searched: ids, questions, other wordings, sections.
    package var searchHash: String {
        var hash = SipHash128(key: SipHashKey(0x6576_6964_656e_6365, 0x6e6f_7465_73))
        for note in notes {
            for text in [note.id.description, note.question, note.searchedText] {
                hash.append(UInt64(text.utf8.count))
                hash.append(Array(text.utf8))
            }
        }
        return hash.finish().description
    }
}
