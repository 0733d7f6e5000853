// Postings.swift — the inverted index of a segment, read where it lies.
// Retrieval › Lexical.  What PostingsWriter wrote; every offset is checked once, when the segment is opened.

/// `@unchecked Sendable`: pointers into memory that `Segment` keeps alive and nobody writes.
struct Postings: @unchecked Sendable {
    let termCount: Int
    let chunkCount: Int
    let lengths: UnsafePointer<UInt16>
    private let termStarts: UnsafePointer<UInt32>
    private let termBytes: UnsafePointer<UInt8>
    private let frequencies: UnsafePointer<UInt32>
    private let blockStarts: UnsafePointer<UInt32>
    private let listImpactStarts: UnsafePointer<UInt32>
    private let listImpacts: UnsafePointer<UInt32>
    private let blocks: UnsafePointer<BlockHeader>
    let impacts: UnsafePointer<UInt32>
    let words: UnsafePointer<PackedRows.Row>

    /// - Throws: `SegmentError` when sizes or offsets do not fit each other. O(terms + blocks).
    init(_ table: SectionTable, chunkCount: Int, termCount: Int) throws(SegmentError) {
        self.chunkCount = chunkCount
        self.termCount = termCount
        lengths = try table.array(.lengths, of: UInt16.self, count: chunkCount)
        frequencies = try table.array(.frequencies, of: UInt32.self, count: termCount)
        termStarts = try table.array(.termStarts, of: UInt32.self, count: termCount + 1)
        blockStarts = try table.array(.blockStarts, of: UInt32.self, count: termCount + 1)
        listImpactStarts = try table.array(.listImpactStarts, of: UInt32.self, count: termCount + 1)
        termBytes = try table.array(.termBytes, of: UInt8.self, count: Int(termStarts[termCount]))
        listImpacts = try table.array(.listImpacts, of: UInt32.self, count: Int(listImpactStarts[termCount]))
        let blockCount = Int(blockStarts[termCount])
        blocks = try table.array(.blocks, of: BlockHeader.self, count: blockCount)
        guard let impactBytes = table.bytes(.impacts), let wordBytes = table.bytes(.postings) else {
            throw .missing(section: "impacts or postings")
        }
        impacts = impactBytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
        words = wordBytes.baseAddress!.assumingMemoryBound(to: PackedRows.Row.self)
        try check(impactCount: impactBytes.count / 4, wordCount: wordBytes.count / 16)
    }

    private func check(impactCount: Int, wordCount: Int) throws(SegmentError) {
        for starts in [termStarts, blockStarts, listImpactStarts] {
            guard starts[0] == 0 else { throw .inconsistent("a table does not begin at 0") }
            for term in 0..<termCount where starts[term] > starts[term + 1] {
                throw .inconsistent("the tables of term \(term) run backwards")
            }
        }
        for term in 0..<termCount {
            let range = blockRange(term)
            let count = Int(frequencies[term])
            guard count > 0, range.count == (count + PostingsWriter.blockSize - 1) / PostingsWriter.blockSize else {
                throw .inconsistent("\(range.count) blocks for \(count) postings")
            }
            var before = -1
            for (index, block) in range.enumerated() {
                let header = blocks[block]
                let rows = (min(PostingsWriter.blockSize, count - index * PostingsWriter.blockSize) + 3) / 4
                let packed =
                    PackedRows.wordCount(rows: rows, bits: Int(header.ordinalBits))
                    + PackedRows.wordCount(rows: rows, bits: Int(header.countBits))
                // One word past the packed ones is read: the writer leaves one at the end.
                guard
                    header.ordinalBits <= 32, header.countBits <= 32, Int(header.firstWord) + packed < wordCount,
                    header.impactCount > 0, Int(header.firstImpact) + Int(header.impactCount) <= impactCount,
                    Int(header.last) > before, Int(header.last) < chunkCount
                else { throw .inconsistent("block \(index) of term \(term)") }
                before = Int(header.last)
            }
        }
    }

    /// Unpacks everything: terms ascend, ordinals ascend, and a chunk's counts add up to its length.
    func verify() throws(SegmentError) {
        var totals = [Int](repeating: 0, count: chunkCount)
        for term in 0..<termCount {
            if term > 0, !termBytes(term - 1).lexicographicallyPrecedes(termBytes(term)) {
                throw .inconsistent("term \(term) is out of order")
            }
            var before = -1
            var ascends = true
            ExhaustiveSearch.forEachPosting(of: [WeightedTerm(number: term, weight: 1)], in: self) { ordinal, tf, _ in
                ascends = ascends && Int(ordinal) > before
                before = Int(ordinal)
                totals[Int(ordinal)] += tf
            }
            guard ascends else { throw .inconsistent("the postings of term \(term) are out of order") }
        }
        for ordinal in 0..<chunkCount where min(totals[ordinal], 65_535) != Int(lengths[ordinal]) {
            throw .inconsistent("the length of chunk \(ordinal)")
        }
    }

    func frequency(_ term: Int) -> Int { Int(frequencies[term]) }

    func blockRange(_ term: Int) -> Range<Int> { Int(blockStarts[term])..<Int(blockStarts[term + 1]) }

    func header(_ block: Int) -> UnsafePointer<BlockHeader> { blocks + block }

    func termBytes(_ term: Int) -> UnsafeBufferPointer<UInt8> {
        let start = Int(termStarts[term])
        return UnsafeBufferPointer(start: termBytes + start, count: Int(termStarts[term + 1]) - start)
    }

    /// The number of a term, if a chunk has it.
    ///
    /// - Complexity: O(log terms).
    func find(_ term: [UInt8]) -> Int? {
        var low = 0
        var high = termCount
        while low < high {
            let middle = (low + high) / 2
            if termBytes(middle).lexicographicallyPrecedes(term) { low = middle + 1 } else { high = middle }
        }
        return low < termCount && termBytes(low).elementsEqual(term) ? low : nil
    }

    /// The largest saturation `x` (see `TermScoring`) anywhere in the list.
    func listSaturation(_ term: Int, _ scoring: TermScoring) -> Float {
        let start = Int(listImpactStarts[term])
        return saturation(listImpacts + start, count: Int(listImpactStarts[term + 1]) - start, scoring)
    }

    @inline(__always)
    func saturation(_ pairs: UnsafePointer<UInt32>, count: Int, _ scoring: TermScoring) -> Float {
        var largest: Float = 0
        for index in 0..<count {
            let pair = Impact(bits: pairs[index])
            largest = max(largest, Float(pair.tf) * scoring.inverseNorm(pair.length))
        }
        return largest
    }

    /// Unpacks a block of a list: ordinals, then tf − 1. Returns how many postings there are.
    ///
    /// - Parameter room: for 2 × 32 rows.
    @inline(__always)
    func unpackOrdinals(_ term: Int, _ block: Int, into room: UnsafeMutablePointer<PackedRows.Row>) -> Int {
        let header = blocks[block]
        let index = block - Int(blockStarts[term])
        let count = min(PostingsWriter.blockSize, Int(frequencies[term]) - index * PostingsWriter.blockSize)
        let rows = (count + 3) / 4
        PackedRows.unpack(words + Int(header.firstWord), rows: rows, bits: Int(header.ordinalBits), into: room)
        var sum = PackedRows.Row(repeating: index == 0 ? 0 : blocks[block - 1].last &+ 1)
        // A damaged block that still has its checksum can give wrong ordinals, never ones outside.
        let highest = PackedRows.Row(repeating: header.last)
        for row in 0..<rows {
            sum = sum &+ room[row]
            room[row] = pointwiseMin(sum, highest)
        }
        return count
    }

    @inline(__always)
    func unpackCounts(_ block: Int, postingCount: Int, into room: UnsafeMutablePointer<PackedRows.Row>) {
        let header = blocks[block]
        let rows = (postingCount + 3) / 4
        let first = Int(header.firstWord) + PackedRows.wordCount(rows: rows, bits: Int(header.ordinalBits))
        PackedRows.unpack(words + first, rows: rows, bits: Int(header.countBits), into: room)
    }
}
