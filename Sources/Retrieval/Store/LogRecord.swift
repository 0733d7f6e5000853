// LogRecord.swift — what one write changes, as bytes.
// Retrieval › Store.  A record carries text and vectors: recovery needs no model.

internal import Base

/// A chunk and its f16 vector; empty in an index without vectors.
struct StoredChunk: Sendable {
    let chunk: Chunk
    let vector: [UInt16]
}

/// All chunks of one document, or that it is gone.
struct DocumentChange: Sendable {
    let documentID: String
    /// nil: removed.
    let chunks: [StoredChunk]?

    init(documentID: String, chunks: [StoredChunk]?) {
        self.documentID = documentID
        self.chunks = chunks
    }

    /// - Throws: `IndexError.vector` when the vectors are not what the index has.
    init(_ change: IndexChange, dimension: Int?) throws(IndexError) {
        switch change {
        case .remove(let id): self.init(documentID: id, chunks: nil)
        case .put(let document):
            let id = document.id
            let vectors = dimension == nil ? document.chunks.map { _ in [] } : document.vectors
            guard vectors.count == document.chunks.count else {
                throw .vector(document: id, "\(vectors.count) for \(document.chunks.count) chunks")
            }
            var chunks: [StoredChunk] = []
            for (sequence, (chunk, vector)) in zip(document.chunks, vectors).enumerated() {
                var chunk = chunk
                chunk.documentID = id
                chunk.sequence = sequence
                guard vector.count == dimension ?? 0 else {
                    throw .vector(document: id, "\(vector.count) numbers, the index has \(dimension ?? 0)")
                }
                var halves: [UInt16] = []
                if dimension != nil {
                    guard let unit = unitVector(vector) else { throw .vector(document: id, "one has no direction") }
                    halves = unit.map { Float16($0).bitPattern }
                }
                chunks.append(StoredChunk(chunk: chunk, vector: halves))
            }
            self.init(documentID: id, chunks: chunks)
        }
    }

    static func encode(_ changes: [DocumentChange]) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(changes.count)
        for change in changes {
            writer.text(change.documentID)
            guard let chunks = change.chunks else {
                writer.fixed(UInt8(0))
                continue
            }
            writer.fixed(UInt8(1))
            writer.varint(chunks.count)
            for stored in chunks {
                stored.chunk.encodeText(to: &writer)
                stored.chunk.encodeFields(to: &writer)
                writer.varint(stored.vector.count)
                for half in stored.vector { writer.fixed(half) }
            }
        }
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.EndOfBytes) -> [DocumentChange] {
        var reader = ByteReader(bytes)
        var changes: [DocumentChange] = []
        for _ in 0..<(try reader.readCount()) {
            let documentID = try reader.readText()
            guard try reader.read(UInt8.self) == 1 else {
                changes.append(DocumentChange(documentID: documentID, chunks: nil))
                continue
            }
            var chunks: [StoredChunk] = []
            for _ in 0..<(try reader.readCount()) {
                var chunk = try Chunk(text: &reader, fields: [])
                chunk.fields = try Chunk.fields(&reader)
                let vector = try halves(&reader)
                chunks.append(StoredChunk(chunk: chunk, vector: vector))
            }
            changes.append(DocumentChange(documentID: documentID, chunks: chunks))
        }
        return changes
    }

    /// The numbers in one piece: one by one they took a sixth of the time of opening an index with a long log.
    private static func halves(_ reader: inout ByteReader) throws(ByteReader.EndOfBytes) -> [UInt16] {
        let count = try reader.readCount()
        let bytes = try reader.readBytes(checkedProduct([count, 2]) ?? .max)
        return [UInt16](unsafeUninitializedCapacity: count) { halves, initializedCount in
            // As they lie: little-endian on every machine this runs on.
            UnsafeMutableRawBufferPointer(halves).copyMemory(from: bytes)
            initializedCount = count
        }
    }
}
