// CorpusReader.swift — the documents of a folder or a file, one after another.
// Retrieval › Ingest.  Markdown (.md) and plain text (.txt) by path, JSON Lines (.jsonl) in BEIR's layout.

internal import Base
internal import Glibc

package enum CorpusReader {
    /// Hands over the documents in the order of their paths.
    ///
    /// - Throws: `FileError`, `IngestError`, and what `body` throws.
    package static func forEach(_ path: String, _ body: (SourceDocument) throws -> Void) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError("open", path, .system(errno: errno)) }
        if status.st_mode & S_IFMT == S_IFDIR {
            var folder = Substring(path)
            while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
            try walk(String(folder), prefix: "", depth: 0, body)
        } else {
            try read(path, id: String(path.split(separator: "/").last ?? "text"), body)
        }
    }

    private static func walk(
        _ folder: String, prefix: String, depth: Int, _ body: (SourceDocument) throws -> Void
    ) throws {
        // Links may lead in circles.
        guard depth < 32 else { throw IngestError(folder, "folders lie more than 32 deep") }
        for name in try ReadFolder.names(folder) {
            let path = folder + "/" + name
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try walk(path, prefix: prefix + name + "/", depth: depth + 1, body)
            } else if [".md", ".txt", ".jsonl"].contains(where: { name.hasSuffix($0) }) {
                try read(path, id: prefix + name, body)
            }
        }
    }

    private static func read(_ path: String, id: String, _ body: (SourceDocument) throws -> Void) throws {
        if path.hasSuffix(".jsonl") {
            try JSONLines.forEach(path) { value, line in try body(try document(value, path, line)) }
        } else {
            let bytes = try ReadFile.bytes(path)
            try body(path.hasSuffix(".md") ? markdown(bytes, id: id) : SourceDocument(id: id, title: "", bytes: bytes))
        }
    }

    /// The title is the front matter's `title` or `question`, else the first heading.
    package static func markdown(_ bytes: [UInt8], id: String) -> SourceDocument {
        let matter = FrontMatterFields(bytes)
        var title = ""
        for name in ["question", "title"] {
            if let field = matter.fields.first(where: { $0.name == name }), case .keywords(let words) = field.value,
                let word = words.first
            {
                title = word
            }
        }
        let body = matter.end..<bytes.count
        if title.isEmpty {
            let lines = bytes[body].split(separator: 0x0A, maxSplits: 20)
            if let heading = lines.first(where: { $0.starts(with: "# ".utf8) }) {
                title = String(decoding: heading.dropFirst(2).filter { $0 != 0x0D }, as: UTF8.self)
            }
        }
        return SourceDocument(
            id: id, title: title, bytes: bytes, body: body, isMarkdown: true, fields: matter.fields)
    }

    /// `{"_id", "title"?, "text", "metadata"?}`; the metadata's plain values and lists of words become fields.
    private static func document(_ value: JSON, _ path: String, _ line: Int) throws -> SourceDocument {
        let id = value["_id"] ?? value["id"]
        guard let id = id?.string ?? id?.integer.map({ String($0) }), !id.isEmpty else {
            throw IngestError(path, line: line, "it has no _id")
        }
        guard let text = value["text"]?.utf8 else { throw IngestError(path, line: line, "it has no text") }
        var fields: [Field] = []
        if let metadata = value["metadata"] {
            for (key, value) in metadata.members {
                let name = String(decoding: key, as: UTF8.self)
                if let word = value.string { fields.append(Field(name, .keywords([word]))) }
                if let flag = value.bool { fields.append(Field(name, .flag(flag))) }
                if let integer = value.integer {
                    fields.append(Field(name, .integer(integer)))
                } else if let real = value.double {
                    fields.append(Field(name, .real(real)))
                }
                let words = value.elements.compactMap { $0.string }
                if !words.isEmpty { fields.append(Field(name, .keywords(words))) }
            }
        }
        return SourceDocument(id: id, title: value["title"]?.string ?? "", bytes: text, fields: fields)
    }
}
