// NoteParagraphs.swift — the paragraphs of a note's explanation, and its follow-ups, as things that can be asked for.
// Explainer › Evidence.

/// Sentences of a note that belong together under what they are about.
struct NoteParagraph {
    /// Words in bold letters before the first sentence, or the question of a follow-up.
    let title: String
    /// Their stems.
    let heading: Set<[UInt8]>
    fileprivate(set) var sentences: [SentenceBook.Entry]

    var isFollowUp: Bool { sentences.first?.heading == .followUps }
    var isShortAnswer: Bool { sentences.first?.heading == .shortAnswer }

    var stems: Set<[UInt8]> { sentences.reduce(heading) { $0.union($1.stems) } }
}

extension SentenceBook {
    /// The paragraphs of the note's explanation, in file order.
    func paragraphs(of note: Note) -> [NoteParagraph] {
        var paragraphs: [NoteParagraph] = []
        var lastStart: Int?
        for entry in sentences(of: note.id) where entry.heading == .explanation {
            let start = AnswerSentence(note: note, range: entry.range, heading: .explanation).paragraphStart
            if start == lastStart {
                paragraphs[paragraphs.count - 1].sentences.append(entry)
            } else {
                let title = note.text(start..<entry.range.lowerBound)
                paragraphs.append(NoteParagraph(title: title, heading: stems(of: title), sentences: [entry]))
                lastStart = start
            }
        }
        return paragraphs
    }

    /// The sentences of the short answer, each by itself: it was told already, and is worth saying again where one of them
    /// is the answer.
    func shortAnswer(of note: Note) -> [NoteParagraph] {
        sentences(of: note.id).filter { $0.heading == .shortAnswer }
            .map { NoteParagraph(title: "", heading: [], sentences: [$0]) }
    }

    /// The note's follow-ups, each with its answer.
    func followUps(of note: Note) -> [NoteParagraph] {
        let entries = sentences(of: note.id)
        return note.nextQuestions.map { next in
            NoteParagraph(
                title: next.question, heading: stems(of: next.question),
                sentences: entries.filter { next.answer.contains($0.range) })
        }
    }
}
