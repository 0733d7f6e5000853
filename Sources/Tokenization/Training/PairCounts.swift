// PairCounts.swift — how often each pair of neighbours occurs, and in which words new ones have appeared.
// Tokenization › Training.

/// Counts by pair, kept up to date change by change, with a list of words for each pair that has grown since the list
/// was last taken. Lists are chains in one array, so that a change allocates nothing once the array has grown.
struct PairCounts {
    private struct Slot {
        var pair: UInt64
        var index: Int32
    }

    private struct Link {
        var word: Int32
        var next: Int32
    }

    /// No pair has this key: symbols are not negative.
    private static let emptyPair = UInt64.max

    private var slots = [Slot](repeating: Slot(pair: PairCounts.emptyPair, index: -1), count: 1 << 12)
    /// By index, which is the order of first appearance.
    private(set) var pairs: [UInt64] = []
    private(set) var counts: [Int] = []
    /// The chain of each pair that is being collected; −1 for none.
    private var heads: [Int32] = []
    /// Indices of the pairs whose chain is not empty.
    private var grown: [Int32] = []
    private var links: [Link] = []
    private var freeLink: Int32 = -1

    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Adds `change` to the pair's count, and where it is positive notes that `word` holds the pair. Changes of one
    /// word must come together: then no word is noted twice.
    mutating func add(_ change: Int, to pair: UInt64, word: Int32) {
        let index = index(of: pair)
        counts[index] += change
        guard change > 0 else { return }
        let head = heads[index]
        if head >= 0 && links[Int(head)].word == word { return }
        if head < 0 { grown.append(Int32(index)) }
        heads[index] = newLink(Link(word: word, next: head))
    }

    /// Moves every chain collected since the last call into the queue. Those of pairs that have vanished again are
    /// dropped.
    mutating func takeGrown(into queue: inout MergeQueue) {
        for index in grown {
            let place = Int(index)
            let chain = heads[place]
            heads[place] = -1
            guard counts[place] > 0 else {
                release(chain)
                continue
            }
            queue.push(MergeCandidate(count: counts[place], pair: pairs[place], index: index, chain: chain))
        }
        grown.removeAll(keepingCapacity: true)
    }

    /// Replaces `words` by those of a chain, and gives the chain's links back.
    mutating func drain(_ chain: Int32, into words: inout [Int32]) {
        words.removeAll(keepingCapacity: true)
        var link = chain
        while link >= 0 {
            words.append(links[Int(link)].word)
            link = links[Int(link)].next
        }
        release(chain)
    }

    private mutating func newLink(_ link: Link) -> Int32 {
        if freeLink < 0 {
            links.append(link)
            return Int32(links.count - 1)
        }
        let place = freeLink
        freeLink = links[Int(place)].next
        links[Int(place)] = link
        return place
    }

    private mutating func release(_ chain: Int32) {
        var link = chain
        while link >= 0 {
            let next = links[Int(link)].next
            links[Int(link)].next = freeLink
            freeLink = link
            link = next
        }
    }

    private mutating func index(of pair: UInt64) -> Int {
        var slot = PairCounts.start(pair, slots.count)
        while slots[slot].pair != PairCounts.emptyPair {
            if slots[slot].pair == pair { return Int(slots[slot].index) }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Slot(pair: pair, index: Int32(pairs.count))
        pairs.append(pair)
        counts.append(0)
        heads.append(-1)
        if pairs.count * 2 > slots.count { grow() }
        return pairs.count - 1
    }

    private mutating func grow() {
        var larger = [Slot](repeating: Slot(pair: PairCounts.emptyPair, index: -1), count: slots.count * 2)
        for (index, pair) in pairs.enumerated() {
            var slot = PairCounts.start(pair, larger.count)
            while larger[slot].index >= 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = Slot(pair: pair, index: Int32(index))
        }
        slots = larger
    }

    /// Fibonacci hashing; the high half of the product is the better half.
    private static func start(_ pair: UInt64, _ capacity: Int) -> Int {
        Int(truncatingIfNeeded: ((pair ^ (pair >> 29)) &* 0x9e37_79b9_7f4a_7c15) >> 32) & (capacity - 1)
    }
}
