import Base
import Sampling
import TestSupport
import Testing

extension TokenConstraint {
    /// The tokens allowed next, ascending.
    fileprivate mutating func allowed(_ vocabularySize: Int = 100) -> [TokenID] {
        var mask = TokenMask(vocabularySize: vocabularySize)
        fillMask(&mask)
        return (0..<vocabularySize).map { TokenID($0) }.filter { mask[$0] }
    }
}

private let end: TokenID = 99

@Suite struct `Token mask` {
    @Test func `is a set of tokens, whatever is done to it`() {
        var generator = SeededGenerator(seed: 4)
        for size in [1, 63, 64, 65, 200, 5000] {
            var mask = TokenMask(vocabularySize: size)
            var expected: Set<TokenID> = []
            for step in 0..<3000 {
                let token = TokenID(Int.random(in: -1...size, using: &generator))
                let isAllowed = Int.random(in: 0..<4, using: &generator) > 0
                mask[token] = isAllowed
                if isAllowed, token.index >= 0, token.index < size { expected.insert(token) }
                if !isAllowed { expected.remove(token) }
                if step % 700 == 699 {
                    mask.removeAll()
                    expected = []
                }
                guard step % 50 == 0 else { continue }
                for index in -1...size { #expect(mask[TokenID(index)] == expected.contains(TokenID(index))) }
            }
        }
    }

    /// A short list of tokens takes another way through the pipeline than a long one; 400 is no whole number of words.
    @Test func `allowed tokens, few or many, are chosen from as from a row of minus infinities`() {
        var generator = SeededGenerator(seed: 5)
        for round in 0..<300 {
            let size = 400
            var logits = (0..<size).map { _ in Float.random(in: -5...5, using: &generator) }
            logits[Int.random(in: 0..<size, using: &generator)] = .nan
            let count = Int.random(in: 0...[60, 900].randomElement(using: &generator)!, using: &generator)
            let allowed = (0..<count).map { _ in TokenID(Int.random(in: 0..<size, using: &generator)) }
            var parameters = SamplingParameters()
            parameters.temperature = round % 4 == 0 ? 0 : 0.8
            parameters.topK = [0, 5].randomElement(using: &generator)!
            parameters.topP = [1, 0.8].randomElement(using: &generator)!
            parameters.seed = UInt64(round)
            parameters.frequencyPenalty = 0.3
            parameters.logitBias = [LogitBias(token: 7, bias: 9)]
            var history = TokenHistory()
            history.append(allowed.first ?? 3)
            let masked = (0..<size).map { allowed.contains(TokenID($0)) ? logits[$0] : -.infinity }
            let constraint = SpanConstraint(spans: allowed.map { [$0] }, endTokens: [])
            #expect(
                choose(logits, parameters, history: history, constraint: constraint)
                    == choose(masked, parameters, history: history), "round \(round)")
        }
    }
}

@Suite struct `Token trie` {
    @Test func `holds exactly the spans it was given`() {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<300 {
            let spans = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                    TokenID(Int.random(in: 0..<4, using: &generator))
                }
            }
            let trie = TokenTrie(spans)
            let expected = Set(spans.filter { !$0.isEmpty })
            var found: Set<[TokenID]> = []
            var nodeCount = 0
            func walk(_ node: Int32, _ path: [TokenID]) {
                nodeCount += 1
                if trie.endsSpan(node) { found.insert(path) }
                let tokens = trie.tokens(after: node)
                #expect(zip(tokens, tokens.dropFirst()).allSatisfy { $0 < $1 })
                for token in (0..<5).map({ TokenID($0) }) {
                    let child = trie.child(of: node, by: token)
                    #expect((child != nil) == tokens.contains(token))
                    if let child { walk(child, path + [token]) }
                }
            }
            walk(0, [])
            #expect(found == expected && nodeCount == trie.nodeCount && trie.isEmpty == expected.isEmpty)
        }
    }
}

@Suite struct `Span constraint` {
    @Test func `a choice is one of its spans, and then the end`() {
        var constraint = SpanConstraint(spans: [[1, 2], [1, 3, 4], [5]], endTokens: [end])
        #expect(constraint.allowed() == [1, 5])
        constraint.accept(1)
        #expect(constraint.allowed() == [2, 3] && !constraint.isComplete)
        constraint.accept(2)
        #expect(constraint.allowed() == [end] && constraint.isComplete)
        constraint.accept(end)
        #expect(constraint.allowed() == [end])
        constraint.rollback(2)
        #expect(constraint.allowed() == [2, 3])
        constraint.accept(3)
        #expect(constraint.allowed() == [4])
    }

    @Test func `a choice that begins another may end or go on`() {
        var constraint = SpanConstraint(spans: [[1], [1, 2]], endTokens: [end, 98])
        constraint.accept(1)
        #expect(constraint.allowed() == [2, 98, end])
    }

    @Test func `connectors stand between spans only`() {
        var constraint = SpanConstraint(spans: [[1, 2], [3]], connectors: [[7], [8, 9]], endTokens: [end])
        #expect(constraint.allowed() == [1, 3])
        constraint.accept(3)
        #expect(constraint.allowed() == [7, 8, end])
        constraint.accept(8)
        #expect(constraint.allowed() == [9])
        constraint.accept(9)
        #expect(constraint.allowed() == [1, 3])
        constraint.accept(1)
        #expect(constraint.allowed() == [2])
    }

    @Test func `without spans nothing may be said`() {
        var constraint = SpanConstraint(spans: [[]], endTokens: [end])
        #expect(constraint.allowed() == [])
    }

    /// All sentences of a random grammar up to some length, by brute force.
    private static func sentences(
        _ spans: [[TokenID]], _ connectors: [[TokenID]], upTo length: Int
    ) -> Set<[TokenID]> {
        var sentences: Set<[TokenID]> = []
        var open = spans.filter { $0.count <= length && !$0.isEmpty }
        while let sentence = open.popLast() {
            guard sentences.insert(sentence).inserted else { continue }
            for connector in connectors where !connector.isEmpty {
                for span in spans where !span.isEmpty && sentence.count + connector.count + span.count <= length {
                    open.append(sentence + connector + span)
                }
            }
        }
        return sentences
    }

    @Test func `allows exactly the sentences of its grammar, however ambiguous, and after any rollback`() {
        var generator = SeededGenerator(seed: 8)
        for round in 0..<120 {
            // Two letters: spans begin alike, and a connector looks like a span.
            func sequences(_ count: ClosedRange<Int>) -> [[TokenID]] {
                (0..<Int.random(in: count, using: &generator)).map { _ in
                    (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                        TokenID(Int.random(in: 0..<2, using: &generator))
                    }
                }
            }
            let (spans, connectors) = (sequences(1...4), sequences(0...2))
            let length = 7
            let sentences = Self.sentences(spans, connectors, upTo: length)
            // What can still become a sentence, within the length or beyond it.
            let longer = Self.sentences(spans, connectors, upTo: length + 6)
            var constraint = SpanConstraint(spans: spans, connectors: connectors, endTokens: [end])
            var path: [TokenID] = []
            for _ in 0..<60 {
                let expected =
                    [0, 1].filter { next in
                        longer.contains { $0.starts(with: path + [TokenID(next)]) }
                    }.map { TokenID($0) } + (sentences.contains(path) ? [end] : [])
                #expect(constraint.allowed() == expected, "round \(round): \(spans) \(connectors) after \(path)")
                let letters = expected.filter { $0 != end }
                if let token = letters.randomElement(using: &generator), path.count < length {
                    constraint.accept(token)
                    path.append(token)
                }
                if path.count == length || letters.isEmpty || Int.random(in: 0..<4, using: &generator) == 0 {
                    let count = Int.random(in: 0...path.count, using: &generator)
                    constraint.rollback(count)
                    path.removeLast(count)
                }
            }
        }
    }

    /// An output, and what its spans were.
    private struct Output: Hashable {
        var tokens: [TokenID] = []
        var spans: [Int] = []
        var connectors: [[TokenID]] = []
    }

    /// All outputs up to some length, by brute force; and those at which an output may end.
    private static func outputs(
        _ spans: [[TokenID]], _ joining: SpanConstraint.Joining, upTo length: Int
    ) -> (all: Set<[TokenID]>, ends: Set<[TokenID]>) {
        func next(_ output: Output) -> [Output] {
            let begins = output.spans.isEmpty && !joining.continues
            guard output.spans.count < joining.maxSpanCount else { return [] }
            let said = spans.indices.filter { place in output.spans.contains { spans[$0] == spans[place] } }
            return (begins ? [[]] : joining.connectors).flatMap { connector -> [Output] in
                let isUsed = !connector.isEmpty && output.connectors.contains(connector)
                guard !(isUsed && joining.saysEachOnce) else { return [] }
                return spans.indices.compactMap { index in
                    let isSaid = said.contains(index)
                    guard !spans[index].isEmpty, !(isSaid && joining.saysEachOnce) else { return nil }
                    let passages = joining.passages
                    let isTooLate =
                        !passages.isEmpty && said.contains { $0 > index && passages[$0] == passages[index] }
                    guard !isTooLate else { return nil }
                    return Output(
                        tokens: output.tokens + connector + spans[index], spans: output.spans + [index],
                        connectors: output.connectors + [connector])
                }
            }
        }
        var (all, ends): (Set<[TokenID]>, Set<[TokenID]>) = ([], [])
        var seen: Set<Output> = []
        var open = [Output()]
        while let output = open.popLast() {
            guard output.tokens.count <= length, seen.insert(output).inserted else { continue }
            all.insert(output.tokens)
            let following = next(output)
            let isBehindSpan = !output.spans.isEmpty || joining.continues
            if isBehindSpan, output.spans.count >= joining.minSpanCount || following.isEmpty {
                ends.insert(output.tokens)
            }
            open += following
        }
        return (all, ends)
    }

    @Test func `keeps to its rules of joining, however ambiguous the tokens, and after any rollback`() {
        var generator = SeededGenerator(seed: 9)
        for round in 0..<100 {
            func sequences(_ count: ClosedRange<Int>, from shortest: Int) -> [[TokenID]] {
                (0..<Int.random(in: count, using: &generator)).map { _ in
                    (0..<Int.random(in: shortest...3, using: &generator)).map { _ in
                        TokenID(Int.random(in: 0..<2, using: &generator))
                    }
                }
            }
            let spans = sequences(0...4, from: 1)
            var joining = SpanConstraint.Joining()
            joining.connectors = sequences(0...2, from: 0)
            joining.saysEachOnce = Bool.random(using: &generator)
            if joining.saysEachOnce, Bool.random(using: &generator) {
                joining.passages = spans.map { _ in Int.random(in: 0..<2, using: &generator) }
            }
            joining.maxSpanCount = [0, 1, 2, 3, .max].randomElement(using: &generator)!
            joining.minSpanCount = min(joining.maxSpanCount, Int.random(in: 0...3, using: &generator))
            joining.continues = Bool.random(using: &generator)
            let length = 7
            let (longer, _) = Self.outputs(spans, joining, upTo: length + 6)
            let (_, ends) = Self.outputs(spans, joining, upTo: length)
            var constraint = SpanConstraint(spans: spans, joining: joining, endTokens: [end])
            var path: [TokenID] = []
            for _ in 0..<50 {
                let expected =
                    [0, 1].filter { next in
                        longer.contains { $0.starts(with: path + [TokenID(next)]) }
                    }.map { TokenID($0) } + (ends.contains(path) ? [end] : [])
                #expect(constraint.allowed() == expected, "round \(round): \(spans) \(joining) after \(path)")
                #expect(constraint.onlyToken == (expected.count == 1 ? expected[0] : nil))
                let letters = expected.filter { $0 != end }
                if let token = letters.randomElement(using: &generator), path.count < length {
                    constraint.accept(token)
                    path.append(token)
                }
                if path.count == length || letters.isEmpty || Int.random(in: 0..<4, using: &generator) == 0 {
                    let count = Int.random(in: 0...path.count, using: &generator)
                    constraint.rollback(count)
                    path.removeLast(count)
                }
            }
        }
    }

    @Test func `an output that goes on begins with a connector and says nothing twice`() {
        var joining = SpanConstraint.Joining()
        joining.connectors = [[], [8]]
        joining.saysEachOnce = true
        joining.minSpanCount = 1
        joining.maxSpanCount = 2
        joining.continues = true
        var constraint = SpanConstraint(spans: [[1, 2], [3], [1, 4]], joining: joining, endTokens: [end])
        #expect(constraint.allowed() == [1, 3, 8] && constraint.onlyToken == nil)
        constraint.accept(1)
        constraint.accept(2)
        #expect(constraint.allowed() == [1, 3, 8, end])
        constraint.accept(1)
        #expect(constraint.allowed() == [4] && constraint.onlyToken == 4)
        constraint.accept(4)
        #expect(constraint.allowed() == [end] && constraint.onlyToken == end)
        constraint.rollback(3)
        #expect(constraint.allowed() == [2, 4])
    }
}

@Suite struct `Marker constraint` {
    /// 0…9 digits, 10 `[`, 11 `]`, 12 `a`, 13 `[1]`, 14 `[7]`, 15 ` [`, 16 `2]`, 17 nothing, 18 `]9[`.
    private static let spellings: [String] =
        (0...9).map { "\($0)" } + ["[", "]", "a", "[1]", "[7]", " [", "2]", "", "]9["]
    private static let vocabulary = MarkerVocabulary(vocabularySize: spellings.count) {
        Array(spellings[$0.index].utf8)
    }

    /// Markers of a text that none of 1…count is, or that may still become only such.
    private static func isWrong(_ text: String, count: Int) -> Bool {
        text.split(separator: "[", omittingEmptySubsequences: false).dropFirst().contains { rest in
            let digits = rest.prefix { $0.isNumber }
            guard let number = Int(digits) else { return false }
            return digits.hasPrefix("0") || number > count
        }
    }

    @Test func `forbids exactly the tokens that write a marker which means nothing, and after any rollback`() {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<200 {
            let count = Int.random(in: 1...25, using: &generator)
            var constraint = MarkerConstraint(Self.vocabulary, count: count)
            var path: [TokenID] = []
            for _ in 0..<40 {
                let text = path.map { Self.spellings[$0.index] }.joined()
                let expected = Self.spellings.indices.filter { !Self.isWrong(text + Self.spellings[$0], count: count) }
                let allowed = constraint.allowed(Self.spellings.count)
                #expect(allowed == expected.map { TokenID($0) }, "round \(round), \(count) markers, after '\(text)'")
                let token = allowed.filter { $0 != 17 }.randomElement(using: &generator) ?? 12
                constraint.accept(token)
                path.append(token)
                guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
                let undone = Int.random(in: 0...path.count, using: &generator)
                constraint.rollback(undone)
                path.removeLast(undone)
            }
        }
    }
}
