// EvaluateEvidence.swift — how well evidence is found and judged; and the gate, fitted.
// swiftlet › Commands.

import Base
import Console
import Embedding
import Explainer
import Retrieval

/// `swiftlet evaluate evidence`.
enum EvaluateEvidence {
    /// Those that the answers' measurements have too.
    static let questionOptions = [
        OptionDefinition(
            "--questions", "FILE", "evidence, explain: judged questions (default: Tests/Fixtures/questions.jsonl)"),
        OptionDefinition("--split", "NAME", "evidence, explain: tune or held-out (default: held-out)"),
        OptionDefinition(
            "--details", "FILE", "evidence, explain: write what came of each question, one JSON object a line"),
    ]
    static let options = [
        OptionDefinition("--changing-subject", nil, "evidence: ask each question after one about something else"),
        OptionDefinition("--fit", nil, "evidence: fit the gate on the tuning questions and write it beside the notes"),
        OptionDefinition("--fit-order", nil, "evidence: print what each score should count in the order of notes"),
    ]

    static func run(_ arguments: Arguments) throws {
        let all = try QuestionSet.read(try questionsPath(arguments))
        if arguments.has("--fit") { return try fit(all, arguments) }
        if arguments.has("--fit-order") { return try fitOrder(all, arguments) }
        let splits = JudgedQuestion.Split.allCases.map { ($0.rawValue, $0) }
        let split = try arguments.choice("--split", splits) ?? .heldOut
        let finder = try EvidenceLocator.find(arguments)
        let own = all.filter { $0.split == split }
        let asked = arguments.has("--changing-subject") ? QuestionSet.changingSubject(own) : own
        let evaluation = try EvidenceEvaluation(asked, finder)
        if let path = arguments["--details"] { try writeDetails(evaluation, to: path) }
        let report = EvidenceReport(evaluation, split: split)
        if arguments.has("--json") {
            Output.line(String(decoding: report.json, as: UTF8.self))
        } else {
            for line in report.lines { Output.line(line) }
        }
    }

    static func questionsPath(_ arguments: Arguments) throws -> String {
        if let path = arguments["--questions"] { return path }
        return try fixture("questions.jsonl")
    }

    private static func fixture(_ name: String) throws -> String {
        guard let sources = CorpusFolder.sources() else {
            throw UsageError("--questions FILE is needed: the program does not lie in its sources")
        }
        return "\(sources)/../../../Tests/Fixtures/\(name)"
    }

    /// Every question is asked by words alone, with the encoder's vectors, and with those of the encoder of questions too,
    /// if there is one. So are dialogues, and the tuning questions once more in conversations whose subject they change.
    private static func fit(_ questions: [JudgedQuestion], _ arguments: Arguments) throws {
        let single = questions.filter { $0.split == .tune }
        let dialogues = try QuestionSet.read(fixture("conversations.jsonl"))
        let tuning = single + dialogues.filter { $0.split == .tune } + QuestionSet.changingSubject(single)
        let corpus = try Corpus.shipped()
        let found = try IndexLocator.find(arguments)
        guard let embedder = found.embedder else {
            throw UsageError("--fit needs an encoder; `make models` fetches one, and --encoder DIR names another")
        }
        let sections = try IndexReader.status(found.folder).snapshot
        let others = try OtherQuestions(corpus: corpus.folder)
        let abbreviations = try Abbreviations(corpus: corpus.folder)
        func models(
            _ name: String, _ embedder: EncoderEmbedder?, _ questions: EncoderEmbedder? = nil
        ) throws -> EvidenceGate.Models {
            let index = try EvidenceIndexes(corpus, others: others, embedder: questions ?? embedder) { sections }
                .complete()
            let finder = EvidenceFinder(
                corpus: corpus, abbreviations: abbreviations, others: others, embedder: embedder, questions: questions
            ) { index }
            let evaluation = try EvidenceEvaluation(tuning + QuestionSet.listed(others), finder)
            if let path = arguments["--details"] { try writeDetails(evaluation, to: path + name) }
            return GateFit.models(evaluation.trials)
        }
        let questions = EmbedderLocator.questions(beside: embedder)
        let gate = EvidenceGate(
            questions: try questions.map { try models("", embedder, $0) },
            vectors: try models(questions == nil ? "" : ".vectors", embedder), words: try models(".words", nil))
        let file = GateFile(
            corpus: corpus.searchHash, embedder: embedder.fingerprint, questions: questions?.fingerprint, gate: gate)
        for folder in Set([corpus.folder, CorpusFolder.sources() ?? corpus.folder]).sorted() {
            let path = folder + "/" + GateFile.name
            try AtomicFile.write(to: path) { try $0.write(file.json + [UInt8(ascii: "\n")]) }
            Output.line("\(path): fitted on \(tuning.count) questions and \(corpus.notes.count) notes")
        }
    }

    /// `NoteWeights`, with vectors and by words alone.
    private static func fitOrder(_ questions: [JudgedQuestion], _ arguments: Arguments) throws {
        let tuning = questions.filter { $0.split == .tune && $0.kind == .answerable }
        let corpus = try Corpus.shipped()
        let found = try IndexLocator.find(arguments)
        let sections = try IndexReader.status(found.folder).snapshot
        let others = try OtherQuestions(corpus: corpus.folder)
        let abbreviations = try Abbreviations(corpus: corpus.folder)
        let asking = found.embedder.flatMap { EmbedderLocator.questions(beside: $0) }
        for (name, embedder) in [("hybrid", found.embedder), ("words", nil)] {
            let questions = embedder == nil ? nil : asking
            let index = try EvidenceIndexes(corpus, others: others, embedder: questions ?? embedder) { sections }
                .complete()
            let finder = EvidenceFinder(
                corpus: corpus, abbreviations: abbreviations, others: others, embedder: embedder, questions: questions
            ) { index }
            let lists = try tuning.map { question -> OrderFit.List in
                try finder.orderParts(for: question.query, conversation: question.conversation)
                    .map { ($0.parts, question.notes.contains($0.note)) }
            }
            let weights = zip(NoteWeights.names, OrderFit.weights(lists)).map { "\($0): \(($1 * 100).rounded() / 100)" }
            Output.line("\(name): \(weights.joined(separator: ", ")) (\(lists.count) questions)")
        }
    }

    private static func writeDetails(_ evaluation: EvidenceEvaluation, to path: String) throws {
        try AtomicFile.write(to: path) { file in
            for trial in evaluation.trials {
                var writer = JSONWriter()
                writer.object { writer in
                    writer.field("id", trial.question.id)
                    writer.field("set", trial.question.kind.rawValue)
                    writer.field("style", trial.question.style)
                    writer.field("hidden", trial.isHidden)
                    writer.field("searched", trial.searched)
                    writer.field("verdict", trial.grade.rawValue)
                    writer.field("confidence", trial.confidence)
                    writer.key("right")
                    writer.array { writer in for note in trial.question.notes { writer.string("\(note)") } }
                    writer.key("notes")
                    writer.array { writer in for note in trial.notes { writer.string("\(note)") } }
                    writer.key("sentences")
                    writer.array { writer in for note in trial.sentences { writer.string("\(note)") } }
                    writer.key("features")
                    writer.array { writer in for value in trial.features.values { writer.number(value) } }
                    writer.field("ms", trial.milliseconds)
                    writer.key("stages")
                    writer.object { writer in
                        for stage in trial.timings { writer.field(stage.stage, stage.milliseconds) }
                    }
                }
                try file.write(writer.bytes + [UInt8(ascii: "\n")])
            }
        }
    }
}
