// CorpusLint.swift — every fault of a folder of notes, for those who write them.
// Explainer › Lint.

import Base

/// The result of checking a whole corpus.
package struct CorpusLint {
    /// By path and line.
    package let faults: [NoteFault]
    package let noteCount: Int
    package let topicCount: Int
    /// Titles and other wordings.
    package let questionCount: Int
    package let sentenceCount: Int

    /// Reads the notes of `folder` and checks each of them and all together.
    ///
    /// - Throws: `CorpusError` if the folder cannot be read or holds no notes: nothing was checked then.
    package init(folder: String) throws(CorpusError) {
        let (corpus, unreadable) = try Corpus.read(folder)
        guard !corpus.notes.isEmpty || !unreadable.isEmpty else { throw .empty(folder) }
        let all =
            unreadable + corpus.linkFaults() + corpus.notes.flatMap(NoteLint.faults)
            + Self.duplicateQuestions(corpus.notes) + Self.missingReadmes(corpus)
            + Self.tableFaults(folder)
        faults = all.sorted { ($0.path, $0.line, $0.what) < ($1.path, $1.line, $1.what) }
        // A note that cannot be parsed is still a note of the folder.
        noteCount = corpus.notes.count + Set(unreadable.map(\.path)).subtracting(corpus.notes.map(\.path)).count
        topicCount = corpus.topics.count
        questionCount = corpus.notes.reduce(0) { $0 + $1.wordings.count }
        sentenceCount = corpus.notes.reduce(0) { count, note in
            note.sections.reduce(count) { $0 + Sentences.ranges(note.bytes, in: $1.range).count }
        }
    }

    /// Questions that are the same but for case, marks and the order of words: retrieval could not tell them apart.
    private static func duplicateQuestions(_ notes: [Note]) -> [NoteFault] {
        var seen: [[String]: NoteID] = [:]
        var faults: [NoteFault] = []
        for note in notes {
            let asked =
                [(NoteKey.question, 0, note.question)] + note.alsoAsked.enumerated().map { (.alsoAsked, $0, $1) }
                + note.askedPlainly.enumerated().map { (.askedPlainly, $0, $1) }
            for (key, item, question) in asked {
                let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }.map { String($0) }.sorted()
                if let first = seen.updateValue(note.id, forKey: words) {
                    let whose = first == note.id ? "of this note" : "of '\(first)'"
                    faults.append(note.fault(key, item: item, "the question '\(question)' repeats one \(whose)"))
                }
            }
        }
        return faults
    }

    /// Of the files beside the topics that questions are understood with; a corpus may lack them.
    private static func tableFaults(_ folder: String) -> [NoteFault] {
        func faults(_ name: String, _ parse: ([UInt8], String) -> [NoteFault]) -> [NoteFault] {
            let path = folder + "/" + name
            do throws(FileError) {
                return parse(try ReadFile.bytes(path, limit: 1 << 20), path)
            } catch {
                return error.isMissing ? [] : [NoteFault(path, 1, "\(error)")]
            }
        }
        return faults(Abbreviations.fileName) { Abbreviations.parse($0, path: $1).faults }
            + faults(OtherQuestions.fileName) { OtherQuestions.parse($0, path: $1).faults }
    }

    private static func missingReadmes(_ corpus: Corpus) -> [NoteFault] {
        corpus.topics.compactMap { topic in
            let path = "\(corpus.folder)/\(topic)/README.md"
            do {
                return try ReadFile.bytes(path, limit: 1 << 20).isEmpty ? NoteFault(path, 1, "the file is empty") : nil
            } catch {
                return NoteFault(path, 1, "every topic needs a README.md: \(error)")
            }
        }
    }
}
