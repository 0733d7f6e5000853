// EvidenceReport.swift — the figures of an evaluation of evidence, for people and for programs.
// swiftlet › Commands.

import Base
import Explainer

struct EvidenceReport {
    private let evaluation: EvidenceEvaluation
    private let split: JudgedQuestion.Split
    private let figures: [(name: String, value: Double)]
    private let styles: [(name: String, count: Int, top1: Double, top5: Double)]
    private let curve: [EvidenceEvaluation.RiskPoint]

    init(_ evaluation: EvidenceEvaluation, split: JudgedQuestion.Split) {
        self.evaluation = evaluation
        self.split = split
        let told = evaluation.told.map { [("answering_sentence_told", $0)] } ?? []
        figures =
            [
                ("right_top1", evaluation.right(within: 1)), ("right_top5", evaluation.right(within: 5)),
                ("several_right_found", evaluation.allRight),
                ("right_sentences_8", evaluation.rightSentences(first: 8)),
                ("right_sentences_all", evaluation.rightSentences(first: EvidenceEvaluation.sentenceCount)),
                ("foreign_declined", evaluation.share(.foreign, graded: .declined)),
                ("answerable_declined", evaluation.share(.answerable, graded: .declined)),
                ("answerable_sufficient", evaluation.share(.answerable, graded: .sufficient)),
                ("near_miss_answered", evaluation.share(.nearMiss, graded: .sufficient)),
                ("hidden_answered", evaluation.share(.answerable, isHidden: true, graded: .sufficient)),
                ("calibration_error", evaluation.calibrationError),
                ("ms_p50", evaluation.milliseconds(percentile: 50)),
                ("ms_p99", evaluation.milliseconds(percentile: 99)),
            ] + told
        let own = evaluation.trials(.answerable)
        styles = Set(own.map(\.question.style)).sorted().map { style in
            (
                style, own.count { $0.question.style == style }, evaluation.right(within: 1, style: style),
                evaluation.right(within: 5, style: style)
            )
        }
        curve = evaluation.riskCurve(at: stride(from: 0, through: 0.9, by: 0.1).map { $0 })
    }

    var lines: [String] {
        let count = evaluation.trials.count { !$0.isHidden }
        var lines = ["\(count) questions (\(split.rawValue))"]
        lines += figures.map { "\($0.name) \(Self.rounded($0.value))" }
        lines += styles.map {
            "\($0.name): \($0.count) questions, top 1 \(Self.rounded($0.top1)), top 5 \(Self.rounded($0.top5))"
        }
        lines.append("confidence at least, answerable answered, of these wrong, near misses answered")
        lines += curve.map { point in
            [point.confidence, point.coverage, point.risk, point.nearMissAnswered]
                .map { "\(Self.rounded($0))" }.joined(separator: ", ")
        }
        return lines
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("split", split.rawValue)
            for figure in figures { writer.field(figure.name, Self.rounded(figure.value)) }
            writer.key("styles")
            writer.object { writer in
                for style in styles {
                    writer.key(style.name)
                    writer.object { writer in
                        writer.field("questions", style.count)
                        writer.field("right_top1", Self.rounded(style.top1))
                        writer.field("right_top5", Self.rounded(style.top5))
                    }
                }
            }
            writer.key("risk_coverage")
            writer.array { writer in
                for point in curve {
                    writer.object { writer in
                        writer.field("confidence", Self.rounded(point.confidence))
                        writer.field("coverage", Self.rounded(point.coverage))
                        writer.field("risk", Self.rounded(point.risk))
                        writer.field("near_miss_answered", Self.rounded(point.nearMissAnswered))
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
