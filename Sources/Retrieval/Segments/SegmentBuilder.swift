// SegmentBuilder.swift — chunks to a segment.
// Retrieval › Segments.  Analyses each text once; postings are gathered term by term at the end.

internal import Base

/// Collects chunks, then writes them in the order of their keys.
struct SegmentBuilder {
    private let analyzer = Analyzer()
    private let dimension: Int?
    private var chunks: [(chunk: Chunk, key: ChunkKey, vector: [UInt16])] = []
    private var table = TermTable()
    /// Per chunk, where its pairs begin in `pairs`.
    private var pairStarts = [0]
    /// Term number and how often.
    private var pairs: [(term: UInt32, count: UInt32)] = []
    private var lengths: [UInt16] = []
    private var counts: [UInt32] = []

    /// - Parameter dimension: of the vectors; nil for an index without.
    init(dimension: Int?) { self.dimension = dimension }

    var chunkCount: Int { chunks.count }

    /// - Parameters:
    ///   - vector: f16 numbers; ignored in an index without vectors.
    /// - Precondition: no chunk has the same key as another.
    mutating func append(_ chunk: Chunk, vector: [UInt16]) {
        chunks.append((chunk, chunk.key, vector))
        var length = 0
        var touched: [UInt32] = []
        // The title is a field of weight 1: its words count like the text's.
        for text in [chunk.title, chunk.text] where !text.isEmpty {
            analyzer.analyze(text) { term, _ in
                let number = table.number(of: term)
                if number == counts.count { counts.append(0) }
                if counts[number] == 0 { touched.append(UInt32(number)) }
                counts[number] += 1
                length += 1
            }
        }
        for number in touched {
            pairs.append((number, min(counts[Int(number)], 65_535)))
            counts[Int(number)] = 0
        }
        pairStarts.append(pairs.count)
        lengths.append(UInt16(min(length, 65_535)))
    }

    /// - Throws: `SegmentError`; also for a vector of another length or without direction.
    func finish() throws(SegmentError) -> SegmentImage {
        let order = chunks.indices.sorted { chunks[$0].key < chunks[$1].key }
        var writer = SegmentWriter(dimension: dimension)
        do throws(VectorIndexError) {
            for index in order {
                let (chunk, key, vector) = chunks[index]
                var text = ByteWriter()
                chunk.encodeText(to: &text)
                var fields = ByteWriter()
                chunk.encodeFields(to: &fields)
                try vector.span.withUnsafeBufferPointer { (vector) throws(VectorIndexError) in
                    try writer.append(
                        key: key, length: lengths[index], text: text.bytes, fields: fields.bytes, vector: vector)
                }
            }
        } catch {
            throw .vectors(error)
        }
        var postings = PostingsWriter(lengths: writer.lengths)
        try writePostings(order, to: &postings)
        return try writer.finish(postings, graph: .none)
    }

    /// Pairs by chunk become postings by term: a counting sort.
    private func writePostings(_ order: [Int], to writer: inout PostingsWriter) throws(SegmentError) {
        var starts = [Int](repeating: 0, count: table.count + 1)
        for pair in pairs { starts[Int(pair.term) + 1] += 1 }
        for term in 0..<table.count { starts[term + 1] += starts[term] }
        var next = starts
        var ordinals = [UInt32](repeating: 0, count: pairs.count)
        var counts = ordinals
        for (ordinal, index) in order.enumerated() {
            for pair in pairs[pairStarts[index]..<pairStarts[index + 1]] {
                let place = next[Int(pair.term)]
                ordinals[place] = UInt32(ordinal)
                counts[place] = pair.count
                next[Int(pair.term)] += 1
            }
        }
        let terms = (0..<table.count).sorted { table.term($0).lexicographicallyPrecedes(table.term($1)) }
        for term in terms {
            let range = starts[term]..<starts[term + 1]
            try writer.append(term: table.term(term), ordinals: ordinals[range], counts: counts[range])
        }
    }
}
