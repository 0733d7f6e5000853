// CorpusFolder.swift — where the notes lie.
// Explainer › Notes.  Not by Bundle.module, which traps when the program has been moved.

import Base
import Glibc

package enum CorpusFolder {
    /// One file that should be a note.
    struct File {
        let path: String
        /// Nil if the file's place is no id.
        let id: NoteID?
    }

    /// The folder that the build puts beside the program; else the sources that the program lies in.
    ///
    /// - Parameter executable: the program's own file, links resolved.
    package static func shipped(executable: String = Machine.executablePath) throws(CorpusError) -> String {
        let beside = parent(executable) + "/swiftlet_CorpusFiles.resources/Corpus"
        if isFolder(beside) { return beside }
        if let sources = sources(executable: executable) { return sources }
        throw .notFound(searched: [beside, "Sources/Explainer/Corpus above it"])
    }

    /// `Sources/Explainer/Corpus` in any folder above the program: what one edits in a checkout.
    package static func sources(executable: String = Machine.executablePath) -> String? {
        project(executable: executable).map { $0 + inProject }
    }

    /// The checkout that the program lies in.
    package static func project(executable: String = Machine.executablePath) -> String? {
        var folder = executable
        while !folder.isEmpty {
            folder = parent(folder)
            if isFolder(folder + inProject) { return folder }
        }
        return nil
    }

    private static let inProject = "/Sources/Explainer/Corpus"

    /// The files `TOPIC/NAME.md`, in the order of topics and names.
    static func files(_ folder: String) throws(FileError) -> [File] {
        var files: [File] = []
        for topic in try ReadFolder.names(folder) where isFolder(folder + "/" + topic) {
            for name in try ReadFolder.names(folder + "/" + topic) where name.hasSuffix(".md") && name != "README.md" {
                let place = topic + "/" + name
                files.append(File(path: folder + "/" + place, id: NoteID(place.dropLast(3))))
            }
        }
        return files
    }

    /// The folder of `path`, without its slash; empty for a name alone or in the root.
    private static func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
