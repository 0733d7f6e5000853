// CorpusTests.swift — folders of notes, and the one that is shipped.

import Base
import Explainer
import Glibc
import TestSupport
import Testing

@Suite struct `Corpus folder` {
    /// A folder with the example and the two notes it links to.
    private func makeFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for topic in ["decoding", "kv-cache"] { mkdir(folder.path(topic), 0o755) }
        for id in ["decoding/example", "decoding/other", "kv-cache/block-size"] { try write(id, into: folder) }
        for topic in ["decoding", "kv-cache"] { try folder.write(topic + "/README.md", Array("A topic.\n".utf8)) }
        try folder.write("coverage.json", Array("{}".utf8))
        return folder
    }

    private func write(_ id: String, as place: String? = nil, into folder: TemporaryFolder) throws {
        let topic = String(id.prefix { $0 != "/" })
        var text = ExampleNote.text.replacing("id: decoding/example", with: "id: " + id)
        text = text.replacing("topic: decoding", with: "topic: " + topic)
        // Wordings of its own, and no link to itself.
        for line in ["How does an", "  - example", "  - what is", "  - notte"] {
            text = text.replacing(line, with: "\(line) \(id.replacing("/", with: " ").replacing("-", with: " "))")
        }
        let others = ["decoding/example", "decoding/other", "kv-cache/block-size"].filter { $0 != id }
        text = text.replacing("[decoding/other, kv-cache/block-size]", with: "[\(others.joined(separator: ", "))]")
        try folder.write((place ?? id) + ".md", Array(text.utf8))
    }

    @Test func `a sound folder loads, in the order of ids`() throws {
        let folder = try makeFolder()
        let corpus = try Corpus(folder: folder.path)
        #expect(corpus.notes.map(\.id.description) == ["decoding/example", "decoding/other", "kv-cache/block-size"])
        #expect(corpus.topics == ["decoding", "kv-cache"])
        let id = try #require(NoteID("kv-cache/block-size"))
        #expect(corpus[id]?.path == folder.path("kv-cache/block-size.md"))
        #expect(try corpus[#require(NoteID("kv-cache/none"))] == nil)
        let lint = try CorpusLint(folder: folder.path)
        #expect(lint.faults == [])
        #expect((lint.noteCount, lint.topicCount, lint.questionCount) == (3, 2, 21))
    }

    @Test func `a link to nowhere, a link to itself and a wrong place are faults`() throws {
        let folder = try makeFolder()
        try folder.write(
            "decoding/example.md",
            try ExampleNote.replacing("[decoding/other, ", with: "[decoding/none, decoding/example, "))
        try write("decoding/other", as: "kv-cache/block-size", into: folder)
        let faults = try CorpusLint(folder: folder.path).faults.map(\.description)
        let example = folder.path("decoding/example.md")
        #expect(faults.contains("\(example):16: there is no note 'decoding/none'"))
        #expect(faults.contains("\(example):16: 'decoding/example' links to itself"))
        #expect(faults.contains("\(example):16: there is no note 'kv-cache/block-size'"))
        let place = folder.path("kv-cache/block-size.md")
        #expect(
            faults.contains(
                "\(place):2: the id 'decoding/other' is already that of \(folder.path("decoding/other.md"))"))
        #expect(throws: CorpusError.self) { try Corpus(folder: folder.path) }
    }

    @Test func `an id that is not the file's place is a fault`() throws {
        let folder = try makeFolder()
        try write("decoding/third", as: "decoding/fourth", into: folder)
        let error = try #require(throws: CorpusError.self) { try Corpus(folder: folder.path) }
        let path = folder.path("decoding/fourth.md")
        #expect(
            error == .faulty(NoteFault(path, 2, "the id 'decoding/third' does not match the file's place"), count: 1))
    }

    @Test func `a missing and an empty folder are clear errors`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: CorpusError.empty(folder.path)) { try Corpus(folder: folder.path) }
        #expect(throws: CorpusError.empty(folder.path)) { try CorpusLint(folder: folder.path) }
        let missing = folder.path("missing")
        let error = try #require(throws: CorpusError.self) { try Corpus(folder: missing) }
        #expect(error.description == "cannot list \(missing): No such file or directory")
    }

    @Test func `the notes are found beside the program, or in the sources above it`() throws {
        let folder = try TemporaryFolder()
        let program = folder.path("bin/swiftlet")
        mkdir(folder.path("bin"), 0o755)
        let beside = folder.path("bin/swiftlet_CorpusFiles.resources/Corpus")
        let error = try #require(throws: CorpusError.self) { try CorpusFolder.shipped(executable: program) }
        #expect(error.description.contains(beside))
        for part in ["Sources", "Sources/Explainer", "Sources/Explainer/Corpus"] { mkdir(folder.path(part), 0o755) }
        #expect(try CorpusFolder.shipped(executable: program) == folder.path("Sources/Explainer/Corpus"))
        for part in ["bin/swiftlet_CorpusFiles.resources", "bin/swiftlet_CorpusFiles.resources/Corpus"] {
            mkdir(folder.path(part), 0o755)
        }
        #expect(try CorpusFolder.shipped(executable: program) == beside)
        #expect(CorpusFolder.sources(executable: program) == folder.path("Sources/Explainer/Corpus"))
        #expect(CorpusFolder.sources(executable: "swiftlet") == nil)
    }
}

@Suite struct `Shipped corpus` {
    @Test func `is found from the running program, beside it`() throws {
        let folder = try CorpusFolder.shipped()
        let program = Machine.executablePath
        let beside = program[..<(try #require(program.lastIndex(of: "/")))]
        #expect(folder == beside + "/swiftlet_CorpusFiles.resources/Corpus")
    }

    @Test func `loads with hundreds of notes and no fault`() throws {
        let corpus = try Corpus.shipped()
        #expect(corpus.notes.count >= 350)
        #expect(try CorpusLint(folder: corpus.folder).faults == [])
    }

    @Test func `equals the sources, byte for byte`() throws {
        let shipped = try Corpus.shipped()
        let sources = try Corpus(folder: TestFiles.root + "/Sources/Explainer/Corpus")
        #expect(shipped.notes.map(\.id) == sources.notes.map(\.id))
        let differing = zip(shipped.notes, sources.notes).filter { $0.contentHash != $1.contentHash }
        #expect(differing.map(\.0.id) == [])
    }

    @Test func `every section's range is the text between two headings, whole and in order`() throws {
        for note in try Corpus.shipped().notes {
            // From the headings and the slices, the body can be put together again.
            let body = note.sections.map { "## \($0.heading.rawValue)\n\(note.text($0.range))\n" }.joined(
                separator: "\n")
            #expect(note.bytes.suffix(body.utf8.count) == Array(body.utf8)[...], "\(note.id)")
        }
    }

    @Test func `every sentence lies in its section, behind the one before`() throws {
        for note in try Corpus.shipped().notes {
            for section in note.sections {
                var end = section.range.lowerBound
                let sentences = Sentences.ranges(note.bytes, in: section.range)
                #expect(!sentences.isEmpty)
                for sentence in sentences {
                    #expect(sentence.lowerBound >= end && sentence.upperBound <= section.range.upperBound)
                    #expect(!sentence.isEmpty)
                    end = sentence.upperBound
                }
            }
        }
    }
}
