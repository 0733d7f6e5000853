import Testing
import Tokenization

/// Expressions that real models split by and that have no scanner, with a text and its words.
private let realPatterns: [(regex: String, text: String, words: [String])] = [
    (  // GPT-4o's, and its like.
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
            + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
            + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
        "HelloWorld it's 12345 ÉCOLE e\u{301}t  //\n\n x",
        ["Hello", "World", " it's", " ", "123", "45", " ÉCOLE", " e\u{301}t", " ", " //\n\n", " x"]
    ),
    (  // DeepSeek V3's, the last of its three.
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"##
            + #"\s*[\r\n]+|\s+(?!\S)|\s+"#,
        "_name [x] ;\n 12 日本", ["_name", " [", "x", "]", " ;\n", " ", "12", " 日本"]
    ),
    ("[一-龥\u{3040}-ゟ゠-ヿ]+", "ab漢字かなc", ["ab", "漢字かな", "c"]),
    (#"\p{N}{1,3}"#, "x12345y", ["x", "123", "45", "y"]),
    // What Oniguruma reads otherwise than PCRE2.
    (#"\h+"#, "xyz1aFg", ["xyz", "1aF", "g"]),
    (#"\w+"#, "n\u{303}a_1 b", ["n\u{303}a_1", " ", "b"]),
    (#"\p{Han}+"#, "漢\u{3001}字", ["漢", "\u{3001}", "字"]),
    (#"\s"#, "a\u{180e}\u{85}b", ["a\u{180e}", "\u{85}", "b"]),
    (#"(?m:a.b)"#, "xa\nby", ["x", "a\nb", "y"]),
    (#"\u0041{,2}b"#, "AAAb", ["A", "AAb"]),
    (#"[]a]+|[^\]a]"#, "]ab", ["]a", "b"]),
    (#"x*"#, "axxb", ["a", "xx", "b"]),
]

@Suite struct `Regular expressions` {
    @Test(arguments: PreTokenizer.knownRegexes)
    func `split as the scanners do`(regex: String) throws {
        let scanner = try PreTokenizer(regex: regex)
        let compiled = try PreTokenizer(regex: regex, usesScanner: false)
        #expect(scanner != compiled)
        var random = SplitMix(seed: 21)
        for round in 0..<3000 {
            var text = random.validText(maximumLength: 30)
            // PCRE2's Unicode tables may be older than the standard library's.
            for _ in 0..<(round % 3 == 0 ? 12 : 0) {
                guard let scalar = Unicode.Scalar(UInt32(random.next(below: 0x20000))),
                    let age = scalar.properties.age, age.major <= 13
                else { continue }
                text.unicodeScalars.append(scalar)
                if random.next(below: 3) == 0 { text += " " }
            }
            let bytes = Array(text.utf8)
            #expect(compiled.words(of: bytes) == scanner.words(of: bytes), "\(text.debugDescription)")
        }
    }

    @Test(arguments: realPatterns.indices)
    func `split as real models do`(index: Int) throws {
        let (regex, text, words) = realPatterns[index]
        let found = try PreTokenizer(regex: regex).words(of: Array(text.utf8))
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == words)
    }

    @Test(arguments: PreTokenizer.knownRegexes + realPatterns.map(\.regex))
    func `give back any bytes`(regex: String) throws {
        let preTokenizer = try PreTokenizer(regex: regex, usesScanner: false)
        var random = SplitMix(seed: 4)
        for _ in 0..<500 {
            let bytes = random.text(maximumLength: 40)
            #expect(preTokenizer.words(of: bytes).flatMap { $0 } == bytes)
        }
    }

    @Test(arguments: [
        ("(abc", "parenthes"), ("[a-", "terminating ]"), (#"\p{Klingon}"#, "unknown property"),
        ("a{3,2}", "out of order"),
        (#"[\w&&[^0-9]]"#, "&&"), ("[a[bc]]", "set inside a set"), (#"[\W]"#, #"\W"#), (#"\uXYZ"#, "hexadecimal"),
        ("\\", "end of pattern"),
    ])
    func `are refused with the reason`(regex: String, reason: String) throws {
        let error = #expect(throws: RegularExpressionError.self) { try PreTokenizer(regex: regex) }
        #expect(try #require(error).reason.contains(reason), "\(error?.reason ?? "")")
    }

    @Test func `that would never end are stopped`() throws {
        let preTokenizer = try PreTokenizer(regex: #"(a+)+b|(x|y)*z"#)
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
        #expect(preTokenizer.words(of: text).flatMap { $0 } == text)
        // A long run needs more stack than compiled code has.
        let long = (0..<300_000).map { UInt8(ascii: $0 % 2 == 0 ? "x" : "y") } + [UInt8(ascii: "z")]
        #expect(preTokenizer.words(of: long).flatMap { $0 } == long)
    }
}
