// Manifest.swift — which files are the index, and what made them.
// Retrieval › Store.  One line of JSON, so that people can read it, and a line with its checksum.

internal import Base

package struct Manifest: Sendable, Equatable {
    package static let format = 1

    struct SegmentEntry: Sendable, Equatable {
        let number: Int
        /// The generation of the file that says which chunks live; nil when all do.
        let liveGeneration: Int?
    }

    /// Counts manifests; each change of the set of files is a new one.
    package internal(set) var generation = 0
    /// Records of the log up to this one are in the segments.
    package internal(set) var sequenceNumber = 0
    /// The log that holds what came after.
    var log = 0
    /// The number of the next segment.
    var nextSegment = 0
    var segments: [SegmentEntry] = []
    /// nil in an index without vectors.
    package let embedder: String?
    package let dimension: Int?
    package internal(set) var analyzer = Analyzer.version
    package internal(set) var parameters = BM25Parameters()

    package init(embedder: String?, dimension: Int?) {
        self.embedder = embedder
        self.dimension = dimension
    }

    var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("format", Self.format)
            writer.field("generation", generation)
            writer.field("sequence_number", sequenceNumber)
            writer.field("log", log)
            writer.field("next_segment", nextSegment)
            writer.field("analyzer", analyzer)
            writer.field("k1", parameters.k1)
            writer.field("b", parameters.b)
            writer.field("embedder", embedder)
            writer.field("dimension", dimension ?? 0)
            writer.key("segments")
            writer.array { writer in
                for segment in segments {
                    writer.object { writer in
                        writer.field("number", segment.number)
                        writer.field("live", segment.liveGeneration ?? -1)
                    }
                }
            }
        }
        let line = writer.bytes + [0x0A]
        return line + Array("crc32c \(CRC32C.of(line))\n".utf8)
    }

    /// - Throws: `IndexError` for anything but what `encoded` wrote; `FileError`.
    init(path: String, folder: String) throws {
        let bytes = try ReadFile.bytes(path, limit: 64 << 20)
        guard
            let end = bytes.firstIndex(of: 0x0A),
            bytes[(end + 1)...].elementsEqual("crc32c \(CRC32C.of(Array(bytes[...end])))\n".utf8)
        else { throw IndexError.damagedManifest(path, "its checksum differs") }
        let json: JSON
        do { json = try JSON.parse(Array(bytes[..<end])) } catch {
            throw IndexError.damagedManifest(path, "\(error)")
        }
        guard let format = json["format"]?.integer else { throw IndexError.damagedManifest(path, "it has no format") }
        guard format == Self.format else { throw IndexError.format(folder, format) }
        func count(_ key: String) throws -> Int {
            guard let value = json[key]?.integer, value >= 0 else {
                throw IndexError.damagedManifest(path, "its \(key) is no count")
            }
            return value
        }
        embedder = json["embedder"]?.string
        let dimension = try count("dimension")
        self.dimension = dimension > 0 ? dimension : nil
        generation = try count("generation")
        sequenceNumber = try count("sequence_number")
        log = try count("log")
        nextSegment = try count("next_segment")
        analyzer = try count("analyzer")
        parameters.k1 = Float(json["k1"]?.double ?? 1.2)
        parameters.b = Float(json["b"]?.double ?? 0.75)
        guard let entries = json["segments"]?.elements else {
            throw IndexError.damagedManifest(path, "it lists no segments")
        }
        for entry in entries {
            guard let number = entry["number"]?.integer, let live = entry["live"]?.integer else {
                throw IndexError.damagedManifest(path, "a segment without number")
            }
            segments.append(SegmentEntry(number: number, liveGeneration: live >= 0 ? live : nil))
        }
    }

    /// The manifest that CURRENT names.
    ///
    /// - Throws: `IndexError.missing` when there is no index.
    package static func current(_ folder: String) throws -> Manifest {
        let name: [UInt8]
        do throws(FileError) {
            name = try ReadFile.bytes(folder + "/" + IndexFiles.current, limit: 4096)
        } catch {
            throw error.isMissing ? IndexError.missing(folder) : error
        }
        let text = String(decoding: name.filter { $0 != 0x0A }, as: UTF8.self)
        guard text.hasPrefix("manifest-"), !text.contains("/") else {
            throw IndexError.damagedManifest(folder + "/" + IndexFiles.current, "it names no manifest")
        }
        return try Manifest(path: folder + "/" + text, folder: folder)
    }

    /// Makes this the index: from the rename of CURRENT on, and only then.
    func commit(_ folder: String) throws {
        let name = IndexFiles.manifest(generation)
        try AtomicFile.write(to: folder + "/" + name) { file in try file.write(encoded) }
        try AtomicFile.write(to: folder + "/" + IndexFiles.current) { file in try file.write(name + "\n") }
    }

    /// The files that belong to the index, CURRENT and LOCK aside.
    var files: Set<String> {
        var files: Set = [IndexFiles.manifest(generation), IndexFiles.log(log)]
        for segment in segments {
            files.insert(IndexFiles.segment(segment.number))
            if let live = segment.liveGeneration { files.insert(IndexFiles.live(segment.number, live)) }
        }
        return files
    }

    /// - Throws: `IndexError` when this program cannot read or extend the index.
    func check(_ folder: String) throws(IndexError) {
        guard analyzer == Analyzer.version else { throw .analyzer(folder, analyzer) }
    }
}
