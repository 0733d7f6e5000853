// IndexWriter+Merging.swift — fewer, larger files, while the index is read and written.
// Retrieval › Store.

internal import Base

extension IndexWriter {
    /// Segments of a size that make one of the next.
    static let fanIn = 4
    /// A segment with more dead than this is written again.
    static let deadShare = 0.2

    /// Merges as long as there is something to merge: four files of a size, or one with many dead.
    ///
    /// - Parameter progress: hears how many vectors the new neighbour graph holds; false leaves the graph out.
    package func mergeWherePaying(progress: @escaping (Int) -> Bool = { _ in true }) throws {
        while let inputs = withStored({ Self.choice(among: $0) }) {
            try merge(inputs, progress: progress)
        }
    }

    /// Flushes, and makes one segment without dead of everything, with a graph where that pays.
    package func compact(progress: @escaping (Int) -> Bool = { _ in true }) throws {
        try flush()
        let all = withStored { stored in
            stored.count > 1 || stored.contains { $0.live.live != nil || Self.lacksGraph($0.live.segment) }
                ? stored.map(\.number) : nil
        }
        if let all { try merge(all, progress: progress) }
    }

    /// A flush builds no graph, not even of so many chunks that one would pay.
    private static func lacksGraph(_ segment: Segment) -> Bool {
        segment.vectors.map { $0.graph == nil && $0.table.count >= VectorIndex.graphThreshold } ?? false
    }

    /// The numbers of the segments to merge next.
    private static func choice(among stored: [StoredSegment]) -> [Int]? {
        if let full = stored.first(where: {
            Double($0.live.segment.chunkCount - $0.live.liveCount) > deadShare * Double($0.live.segment.chunkCount)
        }) {
            return [full.number]
        }
        // log₄ of the size.
        let classes = Dictionary(grouping: stored) {
            (Int.bitWidth - max($0.live.liveCount, 1).leadingZeroBitCount - 1) / 2
        }
        return classes.sorted { $0.key < $1.key }.first { $0.value.count >= fanIn }?.value.map(\.number)
    }

    /// 1. The inputs and who lives in them are frozen. 2. The new segment is made without any lock, on a thread that
    /// gives way: searches and writes go on. 3. Who died meanwhile is found by comparing with the frozen ones inside
    /// the lock that publishes: no death can fall between.
    private func merge(_ numbers: [Int], progress: @escaping (Int) -> Bool) throws {
        try whileMerging {
            let (inputs, manifest) = withState { state in
                (state.stored.filter { numbers.contains($0.number) }, state.manifest)
            }
            guard inputs.count == numbers.count else { return }
            try withSegmentNumber { number in
                let segment = try BackgroundThread.run(name: "index-merge") {
                    let image = try SegmentMerger(inputs.map(\.live))
                        .merge(dimension: manifest.dimension, graph: .whereItPays(progress))
                    try SegmentFile.write(image, number: number, in: folder)
                    return try SegmentFile.open(
                        number, in: folder, dimension: manifest.dimension, checked: false)
                }
                try publish { state in
                    let dead = Self.diedMeanwhile(inputs, segment, state)
                    state.stored.removeAll { numbers.contains($0.number) }
                    guard segment.chunkCount > 0 else { return }
                    let live = LiveSegment(segment)
                    state.stored.append(
                        StoredSegment(
                            number: number, live: dead.isEmpty ? live : live.without(dead), liveGeneration: nil,
                            hasNewDead: !dead.isEmpty))
                }
            }
        }
    }

    /// Ordinals in the new segment of the chunks that lived when the inputs were frozen and do not now.
    private static func diedMeanwhile(_ inputs: [StoredSegment], _ merged: Segment, _ state: IndexState) -> [Int] {
        inputs.flatMap { input in
            // A segment of which nothing lives any more is not there: a flush has dropped it.
            let now = state.stored.first { $0.number == input.number }
            return (0..<input.live.segment.chunkCount)
                .filter { input.live.isLive($0) && !(now?.live.isLive($0) ?? false) }
                .compactMap { merged.ordinal(input.live.segment.key($0)) }
        }
    }
}
