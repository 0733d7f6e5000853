// MemorySegments.swift — what was written since the last flush, as small segments.
// Retrieval › Store.  Each write makes one; four of a size become one of the next: searches see few, and a chunk is
// copied a handful of times before it is flushed.

struct MemorySegments {
    private(set) var segments: [LiveSegment] = []
    private let dimension: Int?
    private static let fanIn = 4

    init(dimension: Int?) { self.dimension = dimension }

    var chunkCount: Int { segments.reduce(0) { $0 + $1.segment.chunkCount } }
    var byteCount: Int { segments.reduce(0) { $0 + $1.segment.byteCount } }

    mutating func append(_ segment: Segment) throws(SegmentError) {
        segments.append(LiveSegment(segment))
        while segments.count >= Self.fanIn {
            let last = segments[(segments.count - Self.fanIn)...]
            let sizes = last.map { Self.sizeClass($0.segment.chunkCount) }
            guard sizes.dropFirst().allSatisfy({ $0 >= sizes[0] }) else { return }
            let merged = try Self.merged(Array(last), dimension: dimension)
            segments.removeLast(Self.fanIn)
            segments.append(LiveSegment(merged))
        }
    }

    mutating func replace(_ index: Int, with segment: LiveSegment) { segments[index] = segment }

    mutating func removeAll() { segments.removeAll() }

    /// log₄ of the size.
    private static func sizeClass(_ count: Int) -> Int { (Int.bitWidth - max(count, 1).leadingZeroBitCount - 1) / 2 }

    static func merged(_ segments: [LiveSegment], dimension: Int?) throws(SegmentError) -> Segment {
        let image = try SegmentMerger(segments).merge(dimension: dimension, graph: .none)
        return try Segment(try image.frozen(), checked: false, dimension: dimension)
    }
}
