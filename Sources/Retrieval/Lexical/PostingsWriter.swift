// PostingsWriter.swift — the inverted index of one segment, written term by term.
// Retrieval › Lexical.  Blocks of 128 postings; of each, the last ordinal, the widths and the impacts are kept apart
// so that a search can skip it without touching it.

/// What a search knows of a block before it unpacks it. Sixteen bytes, little-endian, as on disk.
struct BlockHeader: BitwiseCopyable {
    /// The highest ordinal in the block.
    var last: UInt32
    /// Where its packed rows begin, in words of 16 bytes.
    var firstWord: UInt32
    /// Where its impacts begin.
    var firstImpact: UInt32
    var ordinalBits: UInt8
    var countBits: UInt8
    var impactCount: UInt8
    var unused: UInt8 = 0
}

/// Collects postings; the arrays become sections of a segment.
///
///     terms      termStarts[t] ..< termStarts[t + 1] in termBytes, ascending
///     postings   frequencies[t] of them in the blocks blockStarts[t] ..< blockStarts[t + 1]
///     block      ordinals as differences to the ordinal four before, then tf − 1; both packed
struct PostingsWriter {
    static let blockSize = 128

    private(set) var termStarts: [UInt32] = [0]
    private(set) var termBytes: [UInt8] = []
    private(set) var frequencies: [UInt32] = []
    private(set) var blockStarts: [UInt32] = [0]
    /// The best pairs of each whole list: `listImpacts[t] ..< listImpacts[t + 1]` in `impacts`… of its own.
    private(set) var listImpactStarts: [UInt32] = [0]
    private(set) var listImpacts: [UInt32] = []
    private(set) var blocks: [BlockHeader] = []
    private(set) var impacts: [UInt32] = []
    private(set) var words: [PackedRows.Row] = []
    private let lengths: [UInt16]

    /// - Parameter lengths: the terms of each chunk, by ordinal.
    init(lengths: [UInt16]) { self.lengths = lengths }

    /// Adds a term with its postings, which must not be empty, in the order of the terms' bytes.
    ///
    /// - Throws: `SegmentError.tooLarge` when a segment's 32-bit offsets do not suffice.
    mutating func append(
        term: some Collection<UInt8>, ordinals: ArraySlice<UInt32>, counts: ArraySlice<UInt32>
    ) throws(SegmentError) {
        precondition(!ordinals.isEmpty && ordinals.count == counts.count, "a term without postings")
        termBytes.append(contentsOf: term)
        frequencies.append(UInt32(ordinals.count))
        var best: [Impact] = []
        var base: UInt32 = 0
        var start = 0
        while start < ordinals.count {
            let end = min(start + Self.blockSize, ordinals.count)
            let chosen = ordinals.startIndex + start..<ordinals.startIndex + end
            let tfs = counts[counts.startIndex + start..<counts.startIndex + end]
            best += appendBlock(ordinals[chosen], tfs, base: base)
            base = ordinals[chosen.upperBound - 1] + 1
            start = end
        }
        listImpacts += Impacts.frontier(best).map(\.bits)
        guard
            let byteEnd = UInt32(exactly: termBytes.count), let blockEnd = UInt32(exactly: blocks.count),
            let listEnd = UInt32(exactly: listImpacts.count), words.count < Int(UInt32.max),
            impacts.count < Int(UInt32.max)
        else { throw .tooLarge }
        termStarts.append(byteEnd)
        blockStarts.append(blockEnd)
        listImpactStarts.append(listEnd)
    }

    private mutating func appendBlock(
        _ ordinals: ArraySlice<UInt32>, _ counts: ArraySlice<UInt32>, base: UInt32
    ) -> [Impact] {
        let rowCount = (ordinals.count + 3) / 4
        var differences = [PackedRows.Row](repeating: .zero, count: rowCount)
        var tfs = differences
        var pairs: [Impact] = []
        pairs.reserveCapacity(ordinals.count)
        for (index, (ordinal, count)) in zip(ordinals, counts).enumerated() {
            let before = index < 4 ? base : ordinals[ordinals.startIndex + index - 4]
            differences[index / 4][index % 4] = ordinal - before
            tfs[index / 4][index % 4] = count - 1
            pairs.append(Impact(tf: Int(count), length: Int(lengths[Int(ordinal)])))
        }
        let frontier = Impacts.frontier(pairs)
        let header = BlockHeader(
            last: ordinals.last!, firstWord: UInt32(truncatingIfNeeded: words.count),
            firstImpact: UInt32(truncatingIfNeeded: impacts.count), ordinalBits: Self.bits(differences),
            countBits: Self.bits(tfs), impactCount: UInt8(frontier.count))
        PackedRows.pack(differences, bits: Int(header.ordinalBits), to: &words)
        PackedRows.pack(tfs, bits: Int(header.countBits), to: &words)
        impacts += frontier.map(\.bits)
        blocks.append(header)
        return frontier
    }

    private static func bits(_ rows: [PackedRows.Row]) -> UInt8 {
        let all = rows.reduce(PackedRows.Row.zero) { $0 | $1 }
        let together = all[0] | all[1] | all[2] | all[3]
        return UInt8(32 - together.leadingZeroBitCount)
    }
}
