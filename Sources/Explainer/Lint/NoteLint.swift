// NoteLint.swift — what a well-formed note must also be: complete, and quotable sentence by sentence.
// Explainer › Lint.  What needs arithmetic or word lists is checked by Tests/Corpus.

/// The rules that concern one note alone.
package enum NoteLint {
    static let questionWords = 4...24
    static let alsoAskedCount = 3...40
    static let askedPlainlyCount = 3...5
    static let plainWords = 1...9
    static let shortAnswerSentences = 2...4
    static let followUpCount = 2...5
    static let longestSentence = 40

    /// The faults of `note`, in the order of their lines.
    package static func faults(_ note: Note) -> [NoteFault] {
        frontMatterFaults(note) + note.sections.flatMap { sentenceFaults(note, $0) } + shortAnswerFaults(note)
            + followUpFaults(note)
    }

    private static func frontMatterFaults(_ note: Note) -> [NoteFault] {
        var faults: [NoteFault] = []
        let wordCount = note.question.split(separator: " ").count
        if !questionWords.contains(wordCount) {
            faults.append(note.fault(.question, "the question has \(wordCount) words, expected \(questionWords.text)"))
        }
        if !note.question.hasSuffix("?"), !note.question.hasSuffix(".") {
            faults.append(note.fault(.question, "the question must end with '?', or with '.' if it is a task"))
        }
        if !alsoAskedCount.contains(note.alsoAsked.count) {
            let found = "\(note.alsoAsked.count) lines, expected \(alsoAskedCount.text)"
            faults.append(note.fault(.alsoAsked, "'also_asked:' has \(found)"))
        }
        if !askedPlainlyCount.contains(note.askedPlainly.count) {
            let found = "\(note.askedPlainly.count) lines, expected \(askedPlainlyCount.text)"
            faults.append(note.fault(.askedPlainly, "'asked_plainly:' has \(found)"))
        }
        for (item, line) in note.askedPlainly.enumerated() {
            let count = line.split(separator: " ").count
            guard !plainWords.contains(count) else { continue }
            let found = "\(count) words, expected \(plainWords.text)"
            faults.append(note.fault(.askedPlainly, item: item, "'\(line)' has \(found)"))
        }
        if note.seeAlso.isEmpty { faults.append(note.fault(.seeAlso, "'see_also:' is empty: no note stands alone")) }
        if note.sources.isEmpty, note.kind != .behavioural {
            faults.append(note.fault(.sources, "'sources:' may be empty only in behavioural notes"))
        }
        return faults
    }

    private static func sentenceFaults(_ note: Note, _ section: Note.Section) -> [NoteFault] {
        Sentences.ranges(note.bytes, in: section.range).compactMap { sentence in
            let count = Sentences.wordCount(note.bytes, in: sentence)
            guard count > longestSentence else { return nil }
            let opening = note.text(sentence).prefix(40)
            return note.fault(
                atByte: sentence.lowerBound,
                "a sentence of \(count) words, expected at most \(longestSentence): '\(opening)…'")
        }
    }

    private static func shortAnswerFaults(_ note: Note) -> [NoteFault] {
        let range = note[.shortAnswer].range
        let count = Sentences.ranges(note.bytes, in: range).count
        if !shortAnswerSentences.contains(count) {
            let expected = shortAnswerSentences.text
            return [
                note.fault(atByte: range.lowerBound, "the short answer has \(count) sentences, expected \(expected)")
            ]
        }
        // One line is one paragraph: neither list, table nor code.
        if note.bytes[range].contains(UInt8(ascii: "\n")) {
            return [note.fault(atByte: range.lowerBound, "the short answer must be one line of prose")]
        }
        return []
    }

    private static func followUpFaults(_ note: Note) -> [NoteFault] {
        let range = note[.followUps].range
        var faults: [NoteFault] = []
        var count = 0
        for line in note.bytes[range].split(separator: UInt8(ascii: "\n")) {
            count += 1
            if !isFollowUp(line) {
                faults.append(note.fault(atByte: line.startIndex, "expected '- *Question?* Answer.'"))
            }
        }
        if !followUpCount.contains(count) {
            faults.append(
                note.fault(atByte: range.lowerBound, "\(count) follow-ups, expected \(followUpCount.text)"))
        }
        return faults
    }

    /// `- *Question?* Answer.`
    private static func isFollowUp(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.starts(with: "- *".utf8), let last = line.last, ".)\"`".utf8.contains(last) else { return false }
        return ["?* ", ".* "].contains { String(decoding: line, as: UTF8.self).contains($0) }
    }
}

extension ClosedRange<Int> {
    fileprivate var text: String { "\(lowerBound) to \(upperBound)" }
}
