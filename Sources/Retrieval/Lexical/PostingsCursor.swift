// PostingsCursor.swift — walks one term's postings, unpacking only the blocks it lands in.
// Retrieval › Lexical.

/// A place in a postings list. The room it unpacks into belongs to the search.
struct PostingsCursor {
    /// Above every ordinal: the list has ended.
    static let end = UInt32.max
    static let roomRows = 64

    let term: Int
    let weight: Float
    /// The most that this term can add to any chunk's score.
    let bound: Double
    private let endBlock: Int
    private let ordinals: UnsafeMutablePointer<UInt32>
    private let counts: UnsafeMutablePointer<UInt32>

    /// The ordinal here, or `end`.
    private(set) var ordinal: UInt32 = 0
    /// The block that holds `ordinal`.
    private var block: Int
    private var position = 0
    private var postingCount = 0
    private var hasCounts = false
    /// The first block of the window that was bounded last; at or after `block` unless the cursor went past it.
    private var boundedBlock = 0

    /// Stands at the first posting.
    init(
        _ term: WeightedTerm, _ postings: borrowing Postings, _ scoring: TermScoring,
        room: UnsafeMutablePointer<PackedRows.Row>
    ) {
        self.term = term.number
        weight = term.weight
        bound = Double(
            TermScoring.score(weight: weight, saturation: postings.listSaturation(self.term, scoring)))
        let range = postings.blockRange(self.term)
        block = range.lowerBound
        endBlock = range.upperBound
        ordinals = UnsafeMutableRawPointer(room).assumingMemoryBound(to: UInt32.self)
        counts = ordinals + PostingsWriter.blockSize
        load(postings)
    }

    private mutating func load(_ postings: borrowing Postings) {
        let room = UnsafeMutableRawPointer(ordinals).assumingMemoryBound(to: PackedRows.Row.self)
        postingCount = postings.unpackOrdinals(term, block, into: room)
        for index in postingCount..<max(postingCount, PostingsWriter.blockSize) { ordinals[index] = Self.end }
        hasCounts = false
        position = 0
        ordinal = ordinals[0]
    }

    /// How often the term occurs here.
    @inline(__always)
    mutating func count(_ postings: borrowing Postings) -> UInt32 {
        loadCounts(postings)
        return counts[position] &+ 1
    }

    @inline(__always)
    private mutating func loadCounts(_ postings: borrowing Postings) {
        guard !hasCounts else { return }
        let room = UnsafeMutableRawPointer(counts).assumingMemoryBound(to: PackedRows.Row.self)
        postings.unpackCounts(block, postingCount: postingCount, into: room)
        hasCounts = true
    }

    /// Adds what the term adds to each chunk of `[start, limit)` from here on, and moves past them.
    ///
    /// - Parameter marks: whether the chunks are marked.
    @inline(__always)
    mutating func addScores(
        from start: UInt32, until limit: UInt32, _ postings: borrowing Postings, _ scoring: TermScoring,
        to window: ScoreWindow, marks: Bool
    ) {
        // Copies: the compiler cannot know that the sums do not overwrite them.
        let (weight, lengths, norms) = (weight, postings.lengths, scoring.norms)
        while ordinal < limit {
            loadCounts(postings)
            var place = position
            while place < postingCount, ordinals[place] < limit {
                let chunk = Int(ordinals[place])
                let slot = chunk &- Int(start)
                let saturation = Float(Int32(bitPattern: counts[place] &+ 1)) * norms[Int(lengths[chunk])]
                window.sums[slot] += Double(TermScoring.score(weight: weight, saturation: saturation))
                if marks { window.marks[slot] = 1 }
                place &+= 1
            }
            position = place
            if place < postingCount {
                ordinal = ordinals[place]
            } else {
                nextBlock(postings)
            }
        }
    }

    /// Adds what the term adds to the wanted chunks of a window: by going to each, or to all chunks where the list
    /// has not many more.
    mutating func addRest(
        from start: UInt32, until limit: UInt32, _ postings: borrowing Postings, _ scoring: TermScoring,
        to window: ScoreWindow
    ) {
        let expected = postings.frequency(term) * ScoreWindow.width / postings.chunkCount
        if expected < Self.postingsPerSeek * window.wantedCount {
            seek(start, postings)
            return addScores(from: start, until: limit, postings, scoring, to: window, marks: false)
        }
        for slot in window.wanted {
            let chunk = start + UInt32(slot)
            seek(chunk, postings)
            guard ordinal == chunk else { continue }
            window.sums[Int(slot)] += score(
                postings, inverseNorm: scoring.inverseNorm(Int(postings.lengths[Int(chunk)])))
        }
    }

    /// Postings that are added up in the time of one `seek`.
    private static let postingsPerSeek = 4

    /// What the term adds to the chunk here.
    @inline(__always)
    mutating func score(_ postings: borrowing Postings, inverseNorm: Float) -> Double {
        Double(TermScoring.score(weight: weight, saturation: Float(count(postings)) * inverseNorm))
    }

    @inline(__always)
    mutating func next(_ postings: borrowing Postings) {
        position += 1
        if position < postingCount {
            ordinal = ordinals[position]
        } else {
            nextBlock(postings)
        }
    }

    private mutating func nextBlock(_ postings: borrowing Postings) {
        block += 1
        if block < endBlock { load(postings) } else { ordinal = Self.end }
    }

    /// Moves to the first ordinal from `target` on. Never moves back.
    @inline(__always)
    mutating func seek(_ target: UInt32, _ postings: borrowing Postings) {
        guard ordinal < target else { return }
        if postings.header(block).pointee.last < target {
            block = blockHolding(target, from: max(block + 1, boundedBlock), postings)
            guard block < endBlock else {
                ordinal = Self.end
                return
            }
            load(postings)
        }
        // The first of 128 that is not below: seven halvings without a branch.
        var low = position
        var size = PostingsWriter.blockSize &- position
        while size > 1 {
            let half = size &>> 1
            low = ordinals[low &+ half &- 1] < target ? low &+ half : low
            size &-= half
        }
        low = ordinals[low] < target ? low &+ 1 : low
        position = low
        ordinal = ordinals[low]
    }

    private func blockHolding(_ target: UInt32, from start: Int, _ postings: borrowing Postings) -> Int {
        var block = start
        // Most targets lie a few blocks on; far ones are found by doubling steps.
        var step = 1
        while block + step < endBlock, postings.header(block + step).pointee.last < target {
            block += step
            step *= 2
        }
        while block < endBlock, postings.header(block).pointee.last < target { block += 1 }
        return block
    }

    /// The most that the term can add to a chunk of `[start, limit)`, from the blocks that may hold one, none unpacked.
    /// Windows ascend.
    mutating func bound(
        from start: UInt32, until limit: UInt32, _ postings: borrowing Postings, _ scoring: TermScoring
    ) -> Double {
        var place = max(boundedBlock, block)
        if place < endBlock, postings.header(place).pointee.last < start {
            place = blockHolding(start, from: place, postings)
        }
        boundedBlock = place
        var largest: Float = 0
        while place < endBlock {
            let header = postings.header(place)
            let impacts = postings.impacts + Int(header.pointee.firstImpact)
            largest = max(largest, postings.saturation(impacts, count: Int(header.pointee.impactCount), scoring))
            if header.pointee.last >= limit - 1 { break }
            place += 1
        }
        return Double(TermScoring.score(weight: weight, saturation: largest))
    }
}
