// SegmentWriter.swift — the sections of a segment that are per chunk, and the image of the whole.
// Retrieval › Segments.  Shared by building from chunks and by merging segments.

internal import Base
internal import Kernels

struct SegmentWriter {
    private var keys: [UInt64] = []
    private var sequences: [UInt32] = []
    private(set) var lengths: [UInt16] = []
    private var textStarts: [UInt64] = [0]
    private var texts: [UInt8] = []
    private var fieldStarts: [UInt64] = [0]
    private var fields: [UInt8] = []
    private var vectors: VectorTableBuilder?

    init(dimension: Int?) {
        // A dimension that vectors cannot have is refused where an index is made.
        vectors = dimension.flatMap { try? VectorTableBuilder(dimension: $0) }
    }

    /// Adds a chunk; keys ascend.
    mutating func append(
        key: ChunkKey, length: UInt16, text: some Collection<UInt8>, fields: some Collection<UInt8>,
        vector: UnsafeBufferPointer<UInt16>
    ) throws(VectorIndexError) {
        try vectors?.append(halves: vector)
        keys.append(key.document)
        sequences.append(key.sequence)
        lengths.append(length)
        texts.append(contentsOf: text)
        textStarts.append(UInt64(texts.count))
        self.fields.append(contentsOf: fields)
        fieldStarts.append(UInt64(self.fields.count))
    }

    enum GraphChoice {
        case none
        /// A graph is built where `VectorIndex` finds that it pays; the closure hears of progress and may end it.
        case whereItPays((Int) -> Bool)
    }

    consuming func finish(_ postings: PostingsWriter, graph: GraphChoice) throws(SegmentError) -> SegmentImage {
        guard keys.count < Int(Int32.max) else { throw .tooLarge }
        var image = SegmentImage()
        let summary = SegmentSummary(
            chunkCount: keys.count, termCount: postings.frequencies.count,
            totalLength: lengths.reduce(0) { $0 + Int($1) }, longest: Int(lengths.max() ?? 0))
        image.append(.summary, summary.bytes)
        image.append(.keys, elements: keys)
        image.append(.sequences, elements: sequences)
        image.append(.lengths, elements: lengths)
        image.append(.termStarts, elements: postings.termStarts)
        image.append(.termBytes, postings.termBytes)
        image.append(.frequencies, elements: postings.frequencies)
        image.append(.blockStarts, elements: postings.blockStarts)
        image.append(.listImpactStarts, elements: postings.listImpactStarts)
        image.append(.listImpacts, elements: postings.listImpacts)
        image.append(.blocks, elements: postings.blocks)
        image.append(.impacts, elements: postings.impacts)
        // Unpacking reads one word past the last.
        image.append(.postings, elements: postings.words + [.zero])
        image.append(.textStarts, elements: textStarts)
        image.append(.texts, texts)
        image.append(.fieldStarts, elements: fieldStarts)
        image.append(.fields, fields)
        if let vectors {
            do throws(VectorIndexError) {
                let table = try vectors.finish()
                image.append(.coarseVectors, table.coarse)
                image.append(.fineVectors, table.fine)
                if case .whereItPays(let progress) = graph,
                    let graph = try VectorIndex.build(table, progress: progress).graph
                {
                    image.append(.graph, graph.memory)
                }
            } catch {
                throw .vectors(error)
            }
        }
        return image
    }
}
