// SegmentMerger.swift — several segments to one, without the dead.
// Retrieval › Segments.  Texts and vectors are copied, postings renumbered; nothing is analysed or embedded again, and
// the neighbour graph is built afresh: repairing one costs more and finds less.

internal import Base

struct SegmentMerger {
    private let inputs: [LiveSegment]
    /// Per input, the new ordinal of each chunk; `dead` for those left out.
    private var renumbering: [[UInt32]] = []
    /// Input and ordinal of the chunks that live, in the order of their keys.
    private var order: [(input: Int, ordinal: Int)] = []
    private static let dead = UInt32.max

    init(_ inputs: [LiveSegment]) {
        self.inputs = inputs
        var keys: [ChunkKey] = []
        var places: [(input: Int, ordinal: Int)] = []
        for (input, live) in inputs.enumerated() {
            renumbering.append([UInt32](repeating: Self.dead, count: live.segment.chunkCount))
            for ordinal in 0..<live.segment.chunkCount where live.isLive(ordinal) {
                keys.append(live.segment.key(ordinal))
                places.append((input, ordinal))
            }
        }
        order = keys.indices.sorted { keys[$0] < keys[$1] }.map { places[$0] }
        for (new, place) in order.enumerated() { renumbering[place.input][place.ordinal] = UInt32(new) }
    }

    /// - Parameter graph: whether a neighbour graph is built where it pays.
    func merge(dimension: Int?, graph: SegmentWriter.GraphChoice) throws(SegmentError) -> SegmentImage {
        var writer = SegmentWriter(dimension: dimension)
        do throws(VectorIndexError) {
            for place in order {
                let segment = inputs[place.input].segment
                try writer.append(
                    key: segment.key(place.ordinal), length: segment.postings.lengths[place.ordinal],
                    text: segment.textBytes(place.ordinal), fields: segment.fieldBytes(place.ordinal),
                    vector: segment.vectors?.table.halves(of: place.ordinal)
                        ?? UnsafeBufferPointer(start: nil, count: 0))
            }
        } catch {
            throw .vectors(error)
        }
        var postings = PostingsWriter(lengths: writer.lengths)
        try mergePostings(into: &postings)
        return try writer.finish(postings, graph: graph)
    }

    /// Walks the term lists side by side: each is sorted.
    private func mergePostings(into writer: inout PostingsWriter) throws(SegmentError) {
        var next = [Int](repeating: 0, count: inputs.count)
        /// New ordinal above, tf below.
        var gathered: [UInt64] = []
        while let term = leastTerm(next) {
            gathered.removeAll(keepingCapacity: true)
            for input in inputs.indices {
                let postings = inputs[input].segment.postings
                guard next[input] < postings.termCount, postings.termBytes(next[input]).elementsEqual(term) else {
                    continue
                }
                let numbers = renumbering[input]
                let number = WeightedTerm(number: next[input], weight: 1)
                ExhaustiveSearch.forEachPosting(of: [number], in: postings) { ordinal, tf, _ in
                    let new = numbers[Int(ordinal)]
                    if new != Self.dead { gathered.append(UInt64(new) << 32 | UInt64(tf)) }
                }
                next[input] += 1
            }
            guard !gathered.isEmpty else { continue }
            gathered.sort()
            try writer.append(
                term: term, ordinals: gathered.map { UInt32($0 >> 32) }[...],
                counts: gathered.map { UInt32(truncatingIfNeeded: $0) }[...])
        }
    }

    private func leastTerm(_ next: [Int]) -> [UInt8]? {
        var least: UnsafeBufferPointer<UInt8>?
        for input in inputs.indices {
            let postings = inputs[input].segment.postings
            guard next[input] < postings.termCount else { continue }
            let term = postings.termBytes(next[input])
            if least.map({ term.lexicographicallyPrecedes($0) }) ?? true { least = term }
        }
        return least.map { Array($0) }
    }
}
