import Testing
import Tokenization

@Suite struct `Pair merger` {
    /// The rule of byte-pair encoding as one would say it: the lowest rank, leftmost first, one merge at a time.
    private func mergedSlowly(_ symbols: [Int32], _ rules: [[Int32]: (rank: Int, result: Int32)]) -> [Int32] {
        var symbols = symbols
        while true {
            var best: (rank: Int, position: Int, result: Int32)?
            for position in symbols.indices.dropLast() {
                guard let rule = rules[[symbols[position], symbols[position + 1]]] else { continue }
                if best.map({ rule.rank < $0.rank }) ?? true { best = (rule.rank, position, rule.result) }
            }
            guard let best else { return symbols }
            symbols[best.position] = best.result
            symbols.remove(at: best.position + 1)
        }
    }

    /// Rules that share ranks, as SentencePiece's scores do, and rules that make what others use.
    private func randomRules(
        _ random: inout SplitMix, count: Int, sharedRanks: Bool
    ) -> (MergeTable, [[Int32]: (rank: Int, result: Int32)]) {
        var table = MergeTable(capacity: count)
        var rules: [[Int32]: (rank: Int, result: Int32)] = [:]
        for index in 0..<count {
            let pair = [Int32(random.next(below: 4 + index / 2)), Int32(random.next(below: 4 + index / 2))]
            if rules[pair] != nil { continue }
            let rank = sharedRanks ? random.next(below: 8) : index
            rules[pair] = (rank, Int32(4 + index))
            table.insert(left: pair[0], right: pair[1], rank: UInt32(rank), result: Int32(4 + index))
        }
        return (table, rules)
    }

    @Test(arguments: [false, true]) func `merges both ways as the rule says`(sharedRanks: Bool) {
        var random = SplitMix(seed: 11)
        var merger = PairMerger()
        for _ in 0..<400 {
            let (table, rules) = randomRules(&random, count: 1 + random.next(below: 60), sharedRanks: sharedRanks)
            let symbols = (0..<random.next(below: 90)).map { _ in Int32(random.next(below: 5)) }
            let expected = mergedSlowly(symbols, rules)
            merger.symbols = symbols
            merger.merge(with: table)
            #expect(merger.symbols == expected)
            guard symbols.count > 1 else { continue }
            merger.symbols = symbols
            merger.mergeByScan(table)
            #expect(merger.symbols == expected)
            merger.symbols = symbols
            merger.mergeByHeap(table)
            #expect(merger.symbols == expected)
        }
    }

    @Test func `finds every rule that was put in and no other`() {
        var random = SplitMix(seed: 5)
        let (table, rules) = randomRules(&random, count: 500, sharedRanks: false)
        #expect(table.count == rules.count)
        for left in Int32(0)..<260 {
            for right in Int32(0)..<260 {
                let found = table.merge(left, right)
                let rule = rules[[left, right]]
                #expect(found.exists == (rule != nil))
                if let rule { #expect(Int(found.rank) == rule.rank && found.result == rule.result) }
            }
        }
    }
}
