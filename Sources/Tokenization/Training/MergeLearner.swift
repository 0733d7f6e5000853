// MergeLearner.swift — learns merge rules from counted words: byte-pair encoding's training loop.
// Tokenization › Training.  Sennrich et al. 2016, arXiv:1508.07909; the order and every oddity are those of the
// trainer of Hugging Face tokenizers, so that the same text gives the same rules.

/// The words as symbols, the counts of their pairs, and the rules found so far.
struct MergeLearner {
    /// A rule, and the symbol that it makes.
    struct Rule: Equatable {
        let left: Int32
        let right: Int32
        let result: Int32
    }

    private(set) var rules: [Rule] = []
    /// What each symbol stands for.
    private(set) var pieces: [[UInt8]]
    private var symbolOfPiece: [[UInt8]: Int32]

    /// Word `i` is `symbols[starts[i]...]`, `lengths[i]` of them; merging shortens it in place.
    private var symbols: [Int32]
    private let starts: [Int32]
    private var lengths: [Int32]
    private let wordCounts: [Int]
    private var pairCounts = PairCounts()
    private var queue = MergeQueue()

    /// - Parameters:
    ///   - pieces: the symbols that exist beforehand; an empty one stands for no text that merging could make.
    ///   - symbolOfByte: what each byte of the words is written with.
    init(_ words: WordCounts, pieces: [[UInt8]], symbolOfByte: [Int32]) {
        self.pieces = pieces
        symbolOfPiece = [:]
        for (id, piece) in pieces.enumerated() where !piece.isEmpty && symbolOfPiece[piece] == nil {
            symbolOfPiece[piece] = Int32(id)
        }
        symbols = words.bytes.map { symbolOfByte[Int($0)] }
        starts = words.starts
        lengths = (0..<words.count).map { words.starts[$0 + 1] - words.starts[$0] }
        wordCounts = words.counts
        for word in 0..<words.count {
            let start = Int(starts[word])
            for position in start..<(start + max(0, Int(lengths[word]) - 1)) {
                pairCounts.add(
                    wordCounts[word], to: PairCounts.key(symbols[position], symbols[position + 1]), word: Int32(word))
            }
        }
        pairCounts.takeGrown(into: &queue)
    }

    /// Merges until there are `pieceCount` pieces, or no pair occurs `minimumFrequency` times.
    /// - Parameter progress: called after each rule with the number of pieces.
    /// - Complexity: O(log queue) for each rule and each pair that a rule makes, O(length) for each word it touches.
    mutating func learn(pieceCount: Int, minimumFrequency: Int, progress: (Int) -> Void) {
        var words: [Int32] = []
        while pieces.count < pieceCount, var best = queue.pop() {
            let count = pairCounts.counts[Int(best.index)]
            if best.count != count {
                best.count = count
                queue.push(best)
                continue
            }
            if count < max(1, minimumFrequency) { break }
            let left = Int32(truncatingIfNeeded: best.pair >> 32)
            let right = Int32(truncatingIfNeeded: best.pair)
            let result = symbol(joining: left, right)
            rules.append(Rule(left: left, right: right, result: result))
            pairCounts.drain(best.chain, into: &words)
            for word in words { merge(left, right, into: result, in: word) }
            pairCounts.takeGrown(into: &queue)
            progress(pieces.count)
        }
    }

    /// Two ways to the same text ("th" + "e", "t" + "he") make the same symbol.
    private mutating func symbol(joining left: Int32, _ right: Int32) -> Int32 {
        let joined = pieces[Int(left)] + pieces[Int(right)]
        if let known = symbolOfPiece[joined] { return known }
        let symbol = Int32(pieces.count)
        pieces.append(joined)
        symbolOfPiece[joined] = symbol
        return symbol
    }

    /// Replaces the pair in one word, left to right, and tells the counts what its neighbours have become. The count
    /// of the pair itself is left as it is: as in the reference, it matters only if the pair comes up again.
    private mutating func merge(_ left: Int32, _ right: Int32, into result: Int32, in word: Int32) {
        let start = Int(starts[Int(word)])
        let end = start + Int(lengths[Int(word)])
        let count = wordCounts[Int(word)]
        var read = start
        var write = start
        while read < end {
            guard read + 1 < end, symbols[read] == left, symbols[read + 1] == right else {
                symbols[write] = symbols[read]
                read += 1
                write += 1
                continue
            }
            if write > start {
                let previous = symbols[write - 1]
                pairCounts.add(-count, to: PairCounts.key(previous, left), word: word)
                pairCounts.add(count, to: PairCounts.key(previous, result), word: word)
            }
            if read + 2 < end {
                let next = symbols[read + 2]
                pairCounts.add(-count, to: PairCounts.key(right, next), word: word)
                pairCounts.add(count, to: PairCounts.key(result, next), word: word)
            }
            symbols[write] = result
            read += 2
            write += 1
        }
        lengths[Int(word)] = Int32(write - start)
    }
}
