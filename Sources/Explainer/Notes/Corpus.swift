// Corpus.swift — all notes of a folder, by id.
// Explainer › Notes.  `FOLDER/<topic>/<slug>.md`; README.md files and what lies beside the topics are not notes.

package import Base

/// Notes that are consistent with each other: every id is unique and matches its place, every link leads to a note.
package struct Corpus: Sendable {
    package let folder: String
    /// In the order of their ids.
    package let notes: [Note]
    private let index: [NoteID: Int]

    /// Loads a folder that must be free of faults.
    package init(folder: String) throws(CorpusError) {
        let (corpus, faults) = try Self.read(folder)
        let all = faults + corpus.linkFaults()
        if let first = all.first { throw .faulty(first, count: all.count) }
        guard !corpus.notes.isEmpty else { throw .empty(folder) }
        self = corpus
    }

    /// Loads the notes that come with the program.
    package static func shipped() throws(CorpusError) -> Corpus { try Corpus(folder: try CorpusFolder.shipped()) }

    /// Reads what can be read: for checks that want to report every fault. Links are not looked at.
    package static func read(_ folder: String) throws(CorpusError) -> (corpus: Corpus, faults: [NoteFault]) {
        var notes: [NoteID: Note] = [:]
        var faults: [NoteFault] = []
        let files: [CorpusFolder.File]
        do { files = try CorpusFolder.files(folder) } catch { throw .unreadable(error) }
        for file in files {
            do {
                let note = try read(file)
                if let first = notes[note.id] {
                    faults.append(note.fault(.id, "the id '\(note.id)' is already that of \(first.path)"))
                } else {
                    notes[note.id] = note
                    if note.id != file.id {
                        faults.append(note.fault(.id, "the id '\(note.id)' does not match the file's place"))
                    }
                }
            } catch {
                faults.append(error)
            }
        }
        return (Corpus(folder: folder, notes: notes.values.sorted { $0.id < $1.id }), faults)
    }

    private static func read(_ file: CorpusFolder.File) throws(NoteFault) -> Note {
        let bytes: [UInt8]
        // A note has some kilobytes; a mistaken folder should not fill the memory.
        do { bytes = try ReadFile.bytes(file.path, limit: 1 << 20) } catch {
            throw NoteFault(file.path, 1, "\(error)")
        }
        return try NoteParser.parse(bytes, path: file.path)
    }

    private init(folder: String, notes: [Note]) {
        self.folder = folder
        self.notes = notes
        index = Dictionary(uniqueKeysWithValues: notes.enumerated().map { ($1.id, $0) })
    }

    package subscript(id: NoteID) -> Note? { index[id].map { notes[$0] } }

    /// In the order of their names.
    package var topics: [String] { Set(notes.map(\.topic)).sorted() }

    /// Links to notes that do not exist, and of notes to themselves.
    package func linkFaults() -> [NoteFault] {
        notes.flatMap { note in
            [(NoteKey.prerequisites, note.prerequisites), (.seeAlso, note.seeAlso)].flatMap { key, targets in
                targets.enumerated().compactMap { item, target in
                    if target == note.id { return note.fault(key, item: item, "'\(target)' links to itself") }
                    return self[target] == nil ? note.fault(key, item: item, "there is no note '\(target)'") : nil
                }
            }
        }
    }
}

/// The notes cannot be used.
package enum CorpusError: Error, Equatable, CustomStringConvertible {
    case notFound(searched: [String])
    case unreadable(FileError)
    case empty(String)
    case faulty(NoteFault, count: Int)

    package var description: String {
        switch self {
        case .notFound(let searched): "the notes are not at \(searched.joined(separator: " or ")): name their folder"
        case .unreadable(let error): "\(error)"
        case .empty(let folder): "there is no note in \(folder): expected TOPIC/NAME.md"
        case .faulty(let fault, let count): "\(fault)\(count > 1 ? " (and \(count - 1) more faults)" : "")"
        }
    }
}
