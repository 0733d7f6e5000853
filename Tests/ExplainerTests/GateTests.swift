// GateTests.swift — logistic models, the gate's grades, its file, and the figures of an evaluation.

import Explainer
import Glibc
import TestSupport
import Testing

@Suite struct `Logistic model` {
    @Test func `learns which number matters`() {
        var random = SeededGenerator(seed: 3)
        let examples = (0..<400).map { _ in
            let features = [Double.random(in: 0...1, using: &random), Double.random(in: 0...1, using: &random)]
            return (features: features, isPositive: features[0] > 0.5, weight: 1.0)
        }
        let model = LogisticModel.fit(examples)
        #expect(model.weights[0] > 5 * abs(model.weights[1]))
        #expect(examples.count { (model.probability($0.features) > 0.5) == $0.isPositive } > 385)
        #expect(LogisticModel.fit(examples) == model)
    }

    @Test func `constant features and no examples are survived`() {
        #expect(LogisticModel.fit([]).weights.isEmpty)
        let model = LogisticModel.fit([([1, 0], true, 1), ([1, 1], false, 1)])
        #expect(model.weights.allSatisfy { $0.isFinite })
        #expect(model.bias.isFinite)
    }

    @Test func `features that say the same, and answers that a line parts, give finite weights`() {
        let examples = (0..<60).map { number in
            let x = Double(number) / 60
            return (features: [x, x, 2 * x + 1], isPositive: x > 0.5, weight: 1.0)
        }
        let model = LogisticModel.fit(examples)
        #expect(model.weights.allSatisfy { $0.isFinite && $0 > 0 } && model.bias.isFinite)
        #expect(examples.allSatisfy { (model.probability($0.features) > 0.5) == $0.isPositive })
    }

    @Test func `an example that weighs twice counts as two`() {
        var random = SeededGenerator(seed: 11)
        let examples = (0..<80).map { _ in
            let x = Double.random(in: 0...1, using: &random)
            return (features: [x, x * x], isPositive: Double.random(in: 0...1, using: &random) < x, weight: 1.0)
        }
        let heavier = examples.enumerated().map { ($1.features, $1.isPositive, $0 < 30 ? 2.0 : 1) }
        let one = LogisticModel.fit(heavier)
        let two = LogisticModel.fit(examples + examples.prefix(30))
        #expect(zip(one.weights, two.weights).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(abs(one.bias - two.bias) < 1e-6)
    }

    @Test func `its probabilities are calibrated on what it was fitted on`() {
        var random = SeededGenerator(seed: 9)
        let examples = (0..<2000).map { _ in
            let x = Double.random(in: 0...1, using: &random)
            return (features: [x], isPositive: Double.random(in: 0...1, using: &random) < x, weight: 1.0)
        }
        let model = LogisticModel.fit(examples)
        let mean = examples.reduce(0) { $0 + model.probability($1.features) } / 2000
        let positives = Double(examples.count { $0.isPositive }) / 2000
        #expect(abs(mean - positives) < 0.01)
    }
}

@Suite struct `Evidence gate's file` {
    private func models(_ seed: Double) -> EvidenceGate.Models {
        let weights = EvidenceFeatures.names.indices.map { seed + Double($0) / 7 }
        return EvidenceGate.Models(
            isOurField: LogisticModel(weights: weights, bias: -seed),
            isAnswered: LogisticModel(weights: weights.reversed(), bias: seed), fieldThreshold: 0.25,
            answerThreshold: 0.5)
    }

    private func folder(
        corpus: String, embedder: String?, questions: String? = nil
    ) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.makeFolder("decoding")
        try folder.write("decoding/example.md", Array(ExampleNote.text.utf8))
        let gate = EvidenceGate(
            questions: questions.map { _ in models(3) }, vectors: models(1), words: models(2))
        let file = GateFile(corpus: corpus, embedder: embedder, questions: questions, gate: gate)
        try folder.write(GateFile.name, file.json)
        return folder
    }

    private func notes(_ folder: TemporaryFolder) throws -> Corpus { try Corpus.read(folder.path).corpus }

    @Test func `says what it was written with`() throws {
        let folder = try folder(corpus: "", embedder: "e")
        let hash = try notes(folder).searchHash
        let right = try self.folder(corpus: hash, embedder: "e")
        let (gate, warning) = GateFile.gate(for: try notes(right), embedder: "e")
        #expect(warning == nil)
        #expect(gate.vectors == models(1))
        #expect(gate.words == models(2))
        #expect(GateFile.gate(for: try notes(right), embedder: nil).warning == nil)
    }

    @Test func `other notes make it stricter, another encoder cautious, and no file too`() throws {
        let changed = try folder(corpus: "other", embedder: "e")
        let stricter = GateFile.gate(for: try notes(changed), embedder: "e")
        #expect(stricter.warning?.contains("notes differ") == true)
        #expect(stricter.gate.vectors.answerThreshold == 0.75)
        let other = GateFile.gate(for: try notes(changed), embedder: "f")
        #expect(other.warning?.contains("another encoder") == true)
        #expect(other.gate.vectors == EvidenceGate.cautious.vectors)
        try changed.write(GateFile.name, Array("{}".utf8))
        #expect(GateFile.gate(for: try notes(changed), embedder: "e").gate.words == EvidenceGate.cautious.words)
    }

    @Test func `it knows the encoder of questions that it was fitted on, and does without another`() throws {
        let plain = try folder(corpus: "", embedder: "e")
        let folder = try folder(corpus: try notes(plain).searchHash, embedder: "e", questions: "q")
        let notes = try notes(folder)
        let fitted = GateFile.gate(for: notes, embedder: "e", questions: "q")
        #expect(fitted.gate.questions == models(3) && fitted.gate.vectors == models(1) && fitted.warning == nil)
        let without = GateFile.gate(for: notes, embedder: "e")
        #expect(without.gate.questions == nil && without.gate.vectors == models(1) && without.warning == nil)
        let other = GateFile.gate(for: notes, embedder: "e", questions: "r")
        #expect(other.gate.questions == nil && other.gate.vectors == models(1))
        #expect(other.warning?.contains("another encoder of questions") == true)
        #expect(GateFile.gate(for: notes, embedder: "f", questions: "q").gate.questions == nil)
        withExtendedLifetime(folder) {}
    }

    @Test func `models are chosen by what compared the questions`() {
        let nothing = EvidenceFeatures.names.map { _ in 0.0 }
        func deciding(_ bias: Double) -> EvidenceGate.Models {
            let model = LogisticModel(weights: nothing, bias: bias)
            return .init(isOurField: model, isAnswered: model, fieldThreshold: 0.5, answerThreshold: 0.9)
        }
        var gate = EvidenceGate(questions: deciding(9), vectors: deciding(1), words: deciding(-1))
        let features = EvidenceFeatures.none
        #expect(gate.grade(features, hasVectors: true, hasQuestions: true).grade == .sufficient)
        #expect(gate.grade(features, hasVectors: true).grade == .weak)
        #expect(gate.grade(features, hasVectors: false, hasQuestions: true).grade == .declined)
        gate.questions = nil
        #expect(gate.grade(features, hasVectors: true, hasQuestions: true).grade == .weak)
    }

    @Test(arguments: [
        (0.02, 0.4, 0.5, EvidenceGate.Grade.declined), (0.02, 0.9, 1, .declined), (0.02, 0.9, 0.5, .weak),
        (0.2, 0, 1, .weak),
    ]) func `what is of the field and in no note is declined`(
        confidence: Double, coverage: Double, missing: Double, grade: EvidenceGate.Grade
    ) {
        let ours = LogisticModel(weights: EvidenceFeatures.names.map { _ in 0 }, bias: 9)
        var answered = ours
        answered.bias = log(confidence / (1 - confidence))
        let models = EvidenceGate.Models(
            isOurField: ours, isAnswered: answered, fieldThreshold: 0.5, answerThreshold: 0.9)
        let features = EvidenceFeatures(
            EvidenceFeatures.names.map { $0 == "own_coverage" ? coverage : $0 == "rarest_missing" ? missing : 0 })
        let gate = EvidenceGate(vectors: models, words: models)
        #expect(gate.grade(features, hasVectors: true).grade == grade)
        #expect(gate.grade(features, hasVectors: true, isNamed: true).grade == .weak)
    }

    @Test(arguments: [(0.94, EvidenceGate.Grade.declined), (0.96, .weak)])
    func `an instruction passes only where the field is plain`(field: Double, grade: EvidenceGate.Grade) {
        var ours = LogisticModel(weights: EvidenceFeatures.names.map { _ in 0 }, bias: 0)
        let answered = ours
        ours.bias = log(field / (1 - field))
        let models = EvidenceGate.Models(
            isOurField: ours, isAnswered: answered, fieldThreshold: 0.5, answerThreshold: 0.9)
        let gate = EvidenceGate(vectors: models, words: models)
        #expect(gate.grade(.none, hasVectors: true).grade == .weak)
        #expect(gate.grade(.none, hasVectors: true, isInstruction: true).grade == grade)
        #expect(gate.grade(.none, hasVectors: true, isNamed: true, isInstruction: true).grade == .weak)
    }

    @Test(arguments: ["", "{", "[]", "{\"corpus\":\"x\"}", "{\"features\":[\"a\"]}"])
    func `a damaged one is one line of error`(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("gate.json", Array(text.utf8))
        #expect(throws: GateFault.self) { try GateFile(folder.path("gate.json")) }
    }

    @Test func `the cautious gate has a weight for every feature`() {
        for models in [EvidenceGate.cautious.vectors, EvidenceGate.cautious.words] {
            #expect(models.isOurField.weights.count == EvidenceFeatures.names.count)
            #expect(models.isAnswered.weights.count == EvidenceFeatures.names.count)
        }
    }
}

@Suite struct `What the gate looks at` {
    private func feature(_ name: String, _ features: EvidenceFeatures) throws -> Double {
        features.values[try #require(EvidenceFeatures.names.firstIndex(of: name))]
    }

    @Test func `a listed question looks past itself`() throws {
        let others = try OtherQuestions(corpus: Corpus.shipped().folder)
        let number = try #require(others.questions.firstIndex { $0.text == "which cheese melts best on pizza" })
        let finder = try EvidenceFixture.shipped.get()
        let text = others.questions[number].text
        let plain = try finder.look(for: text).features
        let past = try finder.look(for: text, asked: others.place(number)).features
        #expect(try feature("everyday_share", past) < feature("everyday_share", plain) / 2)
        #expect(try feature("word_odds", past) > feature("word_odds", plain))
    }

    @Test func `words of the notes speak for them, others' words against`() throws {
        let finder = try EvidenceFixture.shipped.get()
        let ours = try finder.look(for: "why is the KV cache of a transformer paged?").features
        let theirs = try finder.look(for: "which wine do I serve with roasted lamb?").features
        for name in ["word_odds", "known_share", "first_coverage", "title_coverage"] {
            #expect(try feature(name, ours) > feature(name, theirs))
        }
        #expect(ours.values.count == EvidenceFeatures.names.count && ours.values.allSatisfy { $0.isFinite })
    }

    @Test func `a question without a word finds nothing and says so in numbers`() throws {
        let nothing = try EvidenceFixture.shipped.get().look(for: "???").features
        #expect(nothing.values.count == EvidenceFeatures.names.count && nothing.values.allSatisfy { $0.isFinite })
    }

    @Test func `every listed question is one of the tuning half, with its place`() throws {
        let others = try OtherQuestions(corpus: Corpus.shipped().folder)
        let listed = QuestionSet.listed(others)
        #expect(listed.count == others.questions.count)
        #expect(listed.allSatisfy { $0.listed != nil && $0.split == .tune && $0.kind != .answerable })
        #expect(listed.count { $0.kind == .foreign } == others.questions.count { $0.kind == .everyday })
    }

    /// Else the gate would be fitted on what it is measured with.
    @Test func `no listed question is one of the held-out half`() throws {
        let heldOut = try QuestionSet.read(EvidenceQuestions.path).filter { $0.split == .heldOut }
        let asked = Set(heldOut.map { $0.query.lowercased() })
        let others = try OtherQuestions(corpus: Corpus.shipped().folder)
        #expect(!asked.isEmpty && !others.questions.contains { asked.contains($0.text.lowercased()) })
    }
}

@Suite struct `Judged questions` {
    @Test func `every one of the set is read, and answerable ones name notes`() throws {
        let questions = try QuestionSet.read(EvidenceQuestions.path)
        #expect(questions.count == 861)
        #expect(questions.count { $0.kind == .answerable } == 661)
        #expect(questions.allSatisfy { ($0.kind == .answerable) == !$0.notes.isEmpty })
    }

    @Test func `a line that is none is named`() throws {
        let folder = try TemporaryFolder()
        try folder.write("q.jsonl", Array("{\"id\":\"a\"}\n".utf8))
        #expect(throws: (any Error).self) { try QuestionSet.read(folder.path("q.jsonl")) }
    }

    @Test func `a handful of tuning questions is measured, and a gate fitted on them`() throws {
        let tuning = try QuestionSet.read(EvidenceQuestions.path).filter { $0.split == .tune }
        let few = JudgedQuestion.Kind.allCases.flatMap { kind in tuning.filter { $0.kind == kind }.prefix(12) }
        let evaluation = try EvidenceEvaluation(few, EvidenceFixture.shipped.get())
        #expect(evaluation.trials.count == 48)
        #expect(evaluation.right(within: 1) <= evaluation.right(within: 5))
        #expect(evaluation.right(within: 5) > 0.6)
        #expect(evaluation.trials(.answerable, isHidden: true).allSatisfy { !$0.isRight(within: 10) })
        let curve = evaluation.riskCurve(at: [0, 0.5, 1.1])
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.coverage >= $1.coverage })
        #expect(curve.last?.coverage == 0)
        let models = GateFit.models(evaluation.trials)
        let field = { (kind: JudgedQuestion.Kind) in
            let own = evaluation.trials(kind)
            return own.reduce(0) { $0 + models.isOurField.probability($1.features.values) } / Double(own.count)
        }
        #expect(field(.answerable) > field(.foreign) + 0.2)
    }
}

enum EvidenceQuestions {
    static let path =
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures/questions.jsonl"
}
