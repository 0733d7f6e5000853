// AnswerPrinter.swift — an answer on the terminal: sentences as they come, then where they stand.
// swiftlet › Explain.

import Console
import Explainer

struct AnswerPrinter {
    private var sources: [Citation] = []
    private var isChecked = false
    private var hasSections = false

    mutating func begin(_ evidence: Evidence, _ options: AnswerOptions) {
        if let warning = evidence.warning { Output.note("warning: \(warning)") }
        isChecked = options.grounding == .cite
        switch evidence.verdict {
        case .sufficient:
            if options.grounding == .free { Output.line("In the model's own words, which nothing supports:\n") }
        case .weak: Output.line("The notes may not answer this. What comes nearest:\n")
        case .declined(let reason):
            Output.line(reason)
            if !evidence.notes.isEmpty { Output.line("These are: \(Self.list(evidence.notes.map(\.note.id)))") }
        }
    }

    mutating func show(_ events: [AnswerEvent]) {
        for event in events {
            switch event {
            case .span(let span, let source):
                if let source { sources.append(source) }
                Output.write(AnswerSentence.line(span.text).utf8)
                if let citation = span.citation { Output.write(" [\(citation + 1)]".utf8) }
                if span.isUnsupported, isChecked { Output.write(" (unsupported)".utf8) }
            case .section(let section, let cited):
                if !hasSections { Output.line("") }
                hasSections = true
                sources += cited
                switch section.name {
                case AnswerSection.listing: Self.printLines(section) { Self.lines(of: $0) }
                case AnswerSection.table: Self.printLines(section, TableText.lines)
                default: Self.print(section)
                }
            }
        }
    }

    private static func print(_ section: AnswerSection) {
        Output.line("\n\(section.title)")
        for span in section.spans { Output.line("  \(AnswerSentence.line(span.text))\(number(of: span))") }
    }

    private static func printLines(_ section: AnswerSection, _ lines: (String) -> [String]) {
        for span in section.spans {
            Output.line("\n\(section.title)\(number(of: span))")
            for line in lines(span.text) { Output.line(line.isEmpty ? "" : "    \(line)") }
        }
    }

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func number(of span: AnswerSpan) -> String { span.citation.map { " [\($0 + 1)]" } ?? "" }

    func end(_ answer: Answer) {
        guard answer.reason == nil else { return }
        Output.line(answer.sections.isEmpty ? "\n" : "")
        printSources(answer)
        if !answer.related.isEmpty { Output.line("\nRelated: \(Self.list(answer.related.map(\.id)))") }
        if !answer.code.isEmpty {
            Output.line("In this project: " + answer.code.map(\.description).joined(separator: ", "))
        }
        let engine = answer.engine
        let times = answer.timings.map { "\($0.stage) \(Int($0.milliseconds.rounded())) ms" }
        Output.note(
            "\(times.joined(separator: ", ")); \(engine.promptTokens) prompt tokens, \(engine.cachedTokens) cached; "
                + "\(engine.outputTokens) said, \(engine.forced) without a choice")
    }

    /// Each note once, with the places of its sentences in its file.
    private func printSources(_ answer: Answer) {
        let titles = Dictionary(answer.evidence.notes.map { ($0.note.id, $0.note.question) }) { first, _ in first }
        var printed: Set<NoteID> = []
        for source in sources where printed.insert(source.note).inserted {
            Output.line("\(source.note)  \(titles[source.note] ?? "")")
            let places = sources.enumerated().filter { $0.element.note == source.note }.map { index, place in
                "[\(index + 1)] \(place.range.lowerBound)–\(place.range.upperBound)"
            }
            Output.line("  bytes \(places.joined(separator: ", "))")
        }
    }

    private static func list(_ ids: [NoteID]) -> String { ids.map(\.description).joined(separator: ", ") }
}
