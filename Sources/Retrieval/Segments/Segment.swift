// Segment.swift — an immutable piece of the index: chunks in the order of their keys, with everything to find them.
// Retrieval › Segments.  Its bytes lie in memory while it is young and in a mapped file later; nothing else differs.

internal import Base
internal import Kernels
internal import Synchronization

/// `@unchecked Sendable`: pointers into `memory`, which nobody writes.
package final class Segment: @unchecked Sendable {
    let memory: FrozenBytes
    package let chunkCount: Int
    /// Terms of all chunks, dead ones included.
    let totalLength: Int
    let longest: Int
    let postings: Postings
    /// Absent in an index without vectors.
    package let vectors: VectorIndex?
    private let keys: UnsafePointer<UInt64>
    private let sequences: UnsafePointer<UInt32>
    private let textStarts: UnsafePointer<UInt64>
    private let fieldStarts: UnsafePointer<UInt64>
    private let texts: UnsafeRawBufferPointer
    private let fields: UnsafeRawBufferPointer
    /// Made when the first filter asks.
    private let fieldColumns = Mutex<FieldColumns?>(nil)

    var byteCount: Int { memory.bytes.count }

    /// - Parameter checked: compares every checksum first; right for files, needless for what was just built.
    init(_ memory: FrozenBytes, checked: Bool, dimension: Int?) throws(SegmentError) {
        self.memory = memory
        let table = try SectionTable(memory, checked: checked)
        let summary = try SegmentSummary(table)
        chunkCount = summary.chunkCount
        totalLength = summary.totalLength
        longest = summary.longest
        postings = try Postings(table, chunkCount: chunkCount, termCount: summary.termCount)
        keys = try table.array(.keys, of: UInt64.self, count: chunkCount)
        sequences = try table.array(.sequences, of: UInt32.self, count: chunkCount)
        textStarts = try table.array(.textStarts, of: UInt64.self, count: chunkCount + 1)
        fieldStarts = try table.array(.fieldStarts, of: UInt64.self, count: chunkCount + 1)
        guard let texts = table.bytes(.texts), let fields = table.bytes(.fields) else {
            throw .missing(section: "texts or fields")
        }
        self.texts = texts
        self.fields = fields
        vectors = try Self.vectors(table, count: chunkCount, dimension: dimension)
        for (starts, limit) in [(textStarts, texts.count), (fieldStarts, fields.count)] {
            guard starts[0] == 0, starts[chunkCount] == limit else {
                throw .inconsistent("texts do not fill their room")
            }
            for ordinal in 0..<chunkCount where starts[ordinal] > starts[ordinal + 1] {
                throw .inconsistent("the text of chunk \(ordinal) runs backwards")
            }
        }
        for ordinal in 1..<max(chunkCount, 1) where !(key(ordinal - 1) < key(ordinal)) {
            throw .inconsistent("chunk \(ordinal) is out of order")
        }
    }

    private static func vectors(
        _ table: SectionTable, count: Int, dimension: Int?
    ) throws(SegmentError) -> VectorIndex? {
        guard let dimension else { return nil }
        guard let coarse = table.frozen(.coarseVectors), let fine = table.frozen(.fineVectors) else {
            throw .missing(section: "vectors")
        }
        do throws(VectorIndexError) {
            let rows = try VectorTable(count: count, dimension: dimension, coarse: coarse, fine: fine)
            var graph: HNSWGraph?
            if let memory = table.frozen(.graph) { graph = try HNSWGraph(memory, vectorCount: count) }
            return VectorIndex(rows, graph: graph)
        } catch {
            throw .vectors(error)
        }
    }

    /// A segment in memory, without vectors.
    package convenience init(chunks: some Sequence<Chunk>) throws(SegmentError) {
        var builder = SegmentBuilder(dimension: nil)
        for chunk in chunks { builder.append(chunk, vector: []) }
        try self.init(try builder.finish().frozen(), checked: false, dimension: nil)
    }

    func key(_ ordinal: Int) -> ChunkKey { ChunkKey(document: keys[ordinal], sequence: sequences[ordinal]) }

    func length(_ ordinal: Int) -> Int { Int(postings.lengths[ordinal]) }

    /// Where a key lies.
    func ordinal(_ key: ChunkKey) -> Int? { ordinals(document: key.document).first { sequences[$0] == key.sequence } }

    /// The chunks of a document.
    ///
    /// - Complexity: O(log chunks).
    func ordinals(document: UInt64) -> Range<Int> {
        let first = lowerBound(document)
        var end = first
        while end < chunkCount, keys[end] == document { end += 1 }
        return first..<end
    }

    private func lowerBound(_ document: UInt64) -> Int {
        var low = 0
        var high = chunkCount
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < document { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func textBytes(_ ordinal: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: texts[Int(textStarts[ordinal])..<Int(textStarts[ordinal + 1])])
    }

    func fieldBytes(_ ordinal: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: fields[Int(fieldStarts[ordinal])..<Int(fieldStarts[ordinal + 1])])
    }

    /// The stored chunk.
    package func chunk(_ ordinal: Int) throws(SegmentError) -> Chunk {
        do {
            var text = ByteReader(textBytes(ordinal))
            return try Chunk(text: &text, fields: try fields(ordinal))
        } catch {
            throw .inconsistent("the text of chunk \(ordinal)")
        }
    }

    func fields(_ ordinal: Int) throws(ByteReader.EndOfBytes) -> [Field] {
        var reader = ByteReader(fieldBytes(ordinal))
        return try Chunk.fields(&reader)
    }

    /// The values of all chunks by field, for filters.
    func columns() throws(SegmentError) -> FieldColumns {
        if let columns = fieldColumns.withLock({ $0 }) { return columns }
        let columns = try FieldColumns(self)
        fieldColumns.withLock { $0 = columns }
        return columns
    }
}

/// The counts that all other sections are measured by.
struct SegmentSummary {
    let chunkCount: Int
    let termCount: Int
    let totalLength: Int
    let longest: Int

    init(chunkCount: Int, termCount: Int, totalLength: Int, longest: Int) {
        self.chunkCount = chunkCount
        self.termCount = termCount
        self.totalLength = totalLength
        self.longest = longest
    }

    init(_ table: SectionTable) throws(SegmentError) {
        guard let bytes = table.bytes(.summary) else { throw .missing(section: "summary") }
        var reader = ByteReader(bytes)
        do {
            chunkCount = try reader.readVarint()
            termCount = try reader.readVarint()
            totalLength = try reader.readVarint()
            longest = try reader.readVarint()
        } catch {
            throw .damaged(section: "summary")
        }
        guard chunkCount < Int(Int32.max), termCount < Int(UInt32.max), longest <= 65_535 else {
            throw .inconsistent("\(chunkCount) chunks, \(termCount) terms")
        }
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        for count in [chunkCount, termCount, totalLength, longest] { writer.varint(count) }
        return writer.bytes
    }
}
