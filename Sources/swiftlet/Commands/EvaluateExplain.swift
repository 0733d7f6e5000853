// EvaluateExplain.swift — how good answers are: verbatim, from the right notes, with the key points, in time.
// swiftlet › Commands.

import Base
import Console
import Engine
import Explainer

/// `swiftlet evaluate explain`.
enum EvaluateExplain {
    static let options = [
        EngineOptions.definitions[0],
        OptionDefinition("--limit", "N", "explain: only the first N questions of the split"),
        OptionDefinition("--scores", nil, "explain: also choose by whole sentences' scores, for comparison"),
        OptionDefinition("--day", "N", "explain: N questions as a day brings them, the frequent ones often (Zipf)"),
        OptionDefinition("--red-team", "FILE", "explain: questions and documents that give orders (JSON lines)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let splits = JudgedQuestion.Split.allCases.map { ($0.rawValue, $0) }
        let split = try arguments.choice("--split", splits) ?? .heldOut
        let path = try EvaluateEvidence.questionsPath(arguments)
        var questions = try QuestionSet.read(path).filter { $0.split == split }
        if let limit = try arguments.integer("--limit", in: 1...100_000) {
            // Every n-th: the file is sorted by subject.
            let step = max(1, questions.count / limit)
            questions = questions.indices.filter { $0 % step == 0 }.prefix(limit).map { questions[$0] }
        }
        if let count = try arguments.integer("--day", in: 1...100_000) { questions = day(of: count, from: questions) }
        var explainer = try TerminalExplainer(arguments)
        var figures = ExplainFigures(corpus: explainer.corpus)
        let progress = ProgressLine("answering")
        for (index, question) in questions.enumerated() {
            let start = MonotonicTime().nanoseconds()
            let evidence = try explainer.finder.evidence(
                for: question.query, conversation: question.conversation,
                sentenceCount: AnswerOptions.evidenceSentenceCount)
            let found = Double(MonotonicTime().nanoseconds() - start) / 1e6
            let answer = try explainer.answer(evidence, nil)
            figures.add(answer, to: question, evidenceMilliseconds: found)
            if arguments.has("--scores"), let order = try explainer.scoredOrder(evidence) {
                figures.add(scored: order, beside: answer, to: question)
            }
            if index % 20 == 19 { progress.show("\(index + 1) of \(questions.count)") }
        }
        progress.end()
        let redTeam = arguments["--red-team"] ?? path.replacing("questions.jsonl", with: "red-team.jsonl")
        try figures.add(RedTeam(redTeam, explainer.corpus).changes(&explainer))
        if let path = arguments["--details"] { try AtomicFile.write(to: path) { try $0.write(figures.details) } }
        if arguments.has("--json") {
            Output.line(String(decoding: figures.json(split: split.rawValue), as: UTF8.self))
        } else {
            for (name, value) in figures.rows { Output.line("\(name): \(value)") }
        }
    }

    /// Draws with the weight 1/rank, the ranks being given by chance: the same day every time.
    private static func day(of count: Int, from questions: [JudgedQuestion]) -> [JudgedQuestion] {
        var state: UInt64 = 20
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        var ranked = questions
        for index in ranked.indices.dropFirst().reversed() {
            ranked.swapAt(index, Int(next() * Double(index + 1)))
        }
        let total = ranked.indices.reduce(0) { $0 + 1 / Double($1 + 1) }
        return (0..<count).map { _ in
            var left = next() * total
            let place = ranked.indices.first { index in
                left -= 1 / Double(index + 1)
                return left < 0
            }
            return ranked[place ?? 0]
        }
    }
}
