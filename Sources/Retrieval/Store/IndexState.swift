// IndexState.swift — the index in memory: what is on disk, what is not yet, and how a change moves it on.
// Retrieval › Store.  Shared by the writer, by recovery and by readers that only look.

internal import Base

struct IndexState {
    var manifest: Manifest
    var stored: [StoredSegment]
    var memory: MemorySegments
    /// The last record that `stored` and `memory` hold.
    var sequenceNumber: Int

    /// Maps what the manifest names. Every checksum is compared.
    ///
    /// - Throws: `IndexError`, `FileError`.
    init(_ manifest: Manifest, folder: String) throws {
        self.manifest = manifest
        stored = try manifest.segments.map { entry in
            let segment = try SegmentFile.open(entry.number, in: folder, dimension: manifest.dimension)
            let live = try entry.liveGeneration.map {
                try SegmentFile.readLive(
                    segment: entry.number, generation: $0, count: segment.chunkCount, in: folder)
            }
            return StoredSegment(
                number: entry.number, live: LiveSegment(segment, live: live), liveGeneration: entry.liveGeneration)
        }
        memory = MemorySegments(dimension: manifest.dimension)
        sequenceNumber = manifest.sequenceNumber
    }

    var snapshot: Snapshot {
        Snapshot(
            stored.map(\.live) + memory.segments, parameters: manifest.parameters, dimension: manifest.dimension)
    }

    /// A segment of the chunks that the changes leave, the last word on each document counting.
    ///
    /// - Throws: `SegmentError`, before anything is changed.
    static func segment(of changes: [DocumentChange], dimension: Int?) throws(SegmentError) -> Segment? {
        var last: [UInt64: Int] = [:]
        for (index, change) in changes.enumerated() { last[ChunkKey.hash(documentID: change.documentID)] = index }
        var builder = SegmentBuilder(dimension: dimension)
        for (index, change) in changes.enumerated()
        where last[ChunkKey.hash(documentID: change.documentID)] == index {
            for stored in change.chunks ?? [] { builder.append(stored.chunk, vector: stored.vector) }
        }
        guard builder.chunkCount > 0 else { return nil }
        return try Segment(try builder.finish().frozen(), checked: false, dimension: dimension)
    }

    /// Hides what the documents were and adds what they are.
    mutating func apply(_ changes: [DocumentChange], _ segment: Segment?, number: Int) throws(SegmentError) {
        let documents = Set(changes.map { ChunkKey.hash(documentID: $0.documentID) })
        for index in stored.indices {
            let dead = Self.living(documents, in: stored[index].live)
            guard !dead.isEmpty else { continue }
            stored[index].live = stored[index].live.without(dead)
            stored[index].hasNewDead = true
        }
        for (index, live) in memory.segments.enumerated() {
            let dead = Self.living(documents, in: live)
            if !dead.isEmpty { memory.replace(index, with: live.without(dead)) }
        }
        if let segment { try memory.append(segment) }
        sequenceNumber = number
    }

    private static func living(_ documents: Set<UInt64>, in live: LiveSegment) -> [Int] {
        documents.flatMap { live.segment.ordinals(document: $0) }.filter { live.isLive($0) }
    }

    /// Applies the records that came after the manifest, all together: a text that a later record replaces is not
    /// analysed, and a thousand small records make one segment.
    mutating func replay(_ folder: String) throws -> LogReader.Result {
        let path = folder + "/" + IndexFiles.log(manifest.log)
        var changes: [DocumentChange] = []
        let result = try LogReader.read(path, first: manifest.sequenceNumber + 1) { payload, number in
            do { changes += try DocumentChange.decode(payload) } catch {
                // Its checksum holds, so that this is no torn write.
                throw IndexError.damagedManifest(path, "record \(number) cannot be read (\(error))")
            }
        }
        do {
            let segment = try Self.segment(of: changes, dimension: manifest.dimension)
            try apply(changes, segment, number: result.lastNumber)
        } catch {
            throw IndexError.damagedManifest(path, "its records cannot be applied (\(error))")
        }
        return result
    }
}
