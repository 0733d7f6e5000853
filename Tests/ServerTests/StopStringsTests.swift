// StopStringsTests.swift — every split of every stop string.

import Server
import TestSupport
import Testing

@Suite struct `Stop strings` {
    /// What the definition says, without any stream: shortest prefix of `text` that ends in a stop string.
    func expected(_ text: [UInt8], _ stops: [[UInt8]]) -> (text: [UInt8], isMatched: Bool) {
        for end in text.indices.map({ $0 + 1 }) {
            let lengths = stops.filter { !$0.isEmpty && text[..<end].suffix($0.count).elementsEqual($0) }.map(\.count)
            if let longest = lengths.max() { return (Array(text[..<(end - longest)]), true) }
        }
        return (text, false)
    }

    /// Pushes the pieces and joins what comes out.
    func streamed(_ pieces: [[UInt8]], _ stops: [[UInt8]]) -> (text: [UInt8], isMatched: Bool) {
        var matcher = StopStrings(stops)
        var text: [UInt8] = []
        for piece in pieces { text += matcher.push(piece).released }
        text += matcher.finish()
        return (text, matcher.isMatched)
    }

    static let cases: [(text: String, stops: [String])] = [
        ("one two three", ["two"]),
        ("one two three", ["three", "two"]),
        ("aaaaaaab", ["aab"]),
        ("ababababc", ["ababc"]),
        ("abcd", ["bc", "abcd"]),
        ("xabcd", ["cd", "abcd"]),
        ("überraschung für Émile", ["für", "É"]),
        ("质量守恒定律\n\n用户：", ["\n\n用户", "恒定"]),
        ("👩‍👩‍👧 family 👩‍🚀", ["👩‍🚀", "👧"]),
        ("e\u{301} is not \u{e9}", ["\u{e9}"]),
        ("no stop here", ["zzz", "here!"]),
        ("ends with half a st", ["stop"]),
        ("</s></s>", ["</s>"]),
        ("", ["a"]),
    ]

    @Test(arguments: cases) func `every split into three pieces gives the same text`(
        example: (text: String, stops: [String])
    ) {
        let bytes = Array(example.text.utf8)
        let stops = example.stops.map { Array($0.utf8) }
        let whole = expected(bytes, stops)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                let result = streamed(pieces, stops)
                #expect(
                    result.text == whole.text && result.isMatched == whole.isMatched, "split at \(first), \(second)")
            }
        }
    }

    @Test func `random texts over a tiny alphabet agree with the definition at random splits`() {
        var random = SeededGenerator(seed: 20_240_607)
        let alphabet = ["a", "b", "é", "界"].map { Array($0.utf8) }
        func word(_ length: Int) -> [UInt8] {
            (0..<length).flatMap { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        }
        for _ in 0..<4000 {
            let stops = (0..<Int(1 + random.next() % 4)).map { _ in word(Int(1 + random.next() % 5)) }
            let text = word(Int(random.next() % 40))
            var pieces: [[UInt8]] = []
            var start = 0
            while start < text.count {
                let end = min(text.count, start + 1 + Int(random.next() % 6))
                pieces.append(Array(text[start..<end]))
                start = end
            }
            let whole = expected(text, stops)
            let result = streamed(pieces, stops)
            #expect(result.text == whole.text && result.isMatched == whole.isMatched, "\(text) \(stops)")
        }
    }

    @Test func `holds back only what could still become a stop string`() {
        var matcher = StopStrings([Array("stop".utf8)])
        #expect(matcher.push(Array("a st".utf8)).released == Array("a ".utf8))
        #expect(matcher.push(Array("st".utf8)).released == Array("st".utf8))
        #expect(matcher.push(Array("r".utf8)).released == Array("str".utf8))
    }

    @Test func `whole characters in give whole characters out`() {
        let stops = ["界界", "é!", "👩‍👧"].map { Array($0.utf8) }
        var matcher = StopStrings(stops)
        for character in "世界é👩‍👩界!👩".unicodeScalars {
            let released = matcher.push(Array(String(character).utf8)).released
            #expect(String(validating: released, as: UTF8.self) != nil)
        }
    }

    @Test func `nothing comes out after a match`() {
        var matcher = StopStrings([Array("x".utf8)])
        #expect(matcher.push(Array("ax".utf8)) == .init(released: Array("a".utf8), isMatched: true))
        #expect(matcher.push(Array("bcd".utf8)) == .init(released: [], isMatched: true))
        #expect(matcher.finish().isEmpty)
    }

    @Test func `without stop strings text passes unchanged`() {
        var matcher = StopStrings([[]])
        #expect(matcher.push([1, 2, 3]) == .init(released: [1, 2, 3], isMatched: false))
    }
}
