// JSON5Tests.swift — configuration files: what is taken, and where what is wrong stands.

import Console
import TestSupport
import Testing

@Suite struct `JSON5 files` {
    func parse(_ text: String) throws -> JSON5.Value { try JSON5.parse(Array(text.utf8)).value }

    /// As one line of text, keys in order.
    func shown(_ value: JSON5.Value) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let text): text
        case .string(let text): "<\(text)>"
        case .array(let elements): "[\(elements.map { shown($0.value) }.joined(separator: " "))]"
        case .object(let members): "{\(members.map { "\($0.key)=\(shown($0.value.value))" }.joined(separator: " "))}"
        }
    }

    static let good: [(text: String, value: String)] = [
        ("null", "null"), (" true ", "true"), ("false//", "false"), ("/* a */ 1 /**/", "1"),
        ("'a\"b'", "<a\"b>"), (#""a'b""#, "<a'b>"), (#"'\x41\u00e9\n\'\0\v'"#, "<Aé\n'\0\u{B}>"),
        (#"'\ud83d\ude00'"#, "<😀>"), ("'a\\\nb'", "<ab>"), ("'a\\\r\nb'", "<ab>"), (#"'\q'"#, "<q>"),
        ("0", "0"), ("-0", "-0"), ("+1", "1"), (".5", "0.5"), ("5.", "5"), ("1.50", "1.50"), ("1e3", "1e3"),
        ("-1.5E-3", "-1.5e-3"), ("0x1F", "0x1F"), ("-0Xa", "-0xa"), ("Infinity", "Infinity"), ("-NaN", "-NaN"),
        ("[]", "[]"), ("[1,]", "[1]"), ("[1, [2,], 'x']", "[1 [2] <x>]"),
        ("{}", "{}"), ("{a:1}", "{a=1}"), ("{a:1,}", "{a=1}"), ("{'a b':1,\"c\":2}", "{a b=1 c=2}"),
        ("{$a_1: {b: []}, ключ: null}", "{$a_1={b=[]} ключ=null}"),
        ("\u{FEFF}{ // comment\n  port: 9000, /* more\n lines */\n}\n", "{port=9000}"),
        ("{é: 1, e\u{301}: 2}", "{é=1 e\u{301}=2}"),
        ("\u{A0}\u{2028}1", "1"),
    ]

    @Test(arguments: good) func `what people write is read`(example: (text: String, value: String)) throws {
        // Scalars, since equal strings may be spelt differently.
        #expect(Array(shown(try parse(example.text)).unicodeScalars) == Array(example.value.unicodeScalars))
    }

    static let bad: [(text: String, line: Int, column: Int)] = [
        ("", 1, 1), ("  ", 1, 3), ("{", 1, 2), ("[1 2]", 1, 4), ("{a 1}", 1, 4), ("{a:}", 1, 4), ("{a:1 b:2}", 1, 6),
        ("{\n  a: 1,\n  a: 2\n}", 3, 3), ("{1: 2}", 1, 2), ("{,}", 1, 2), ("[,]", 1, 2), ("[1,,]", 1, 4),
        ("'abc", 1, 5), ("'a\nb'", 1, 3), (#"'\u12'"#, 1, 6), (#"'\ud800'"#, 1, 8), (#"'\1'"#, 1, 4), ("01", 1, 3),
        ("1.e", 1, 4), (".", 1, 2), ("+", 1, 2), ("0x", 1, 3), ("yes", 1, 1), ("-x", 1, 3), ("1 2", 1, 3),
        ("/", 1, 1), ("{ /* never closed", 1, 3), ("// only a comment", 1, 18), ("{a: 1}\n}", 2, 1),
        ("{\n\n    é: @\n}", 3, 8),
    ]

    @Test(arguments: bad) func `what is wrong has a line and a column`(
        example: (text: String, line: Int, column: Int)
    ) {
        let error = #expect(throws: JSON5Error.self) { try parse(example.text) }
        #expect(error?.line == example.line && error?.column == example.column, "\(error?.description ?? "")")
    }

    @Test func `values and keys know their places`() throws {
        guard case .object(let members) = try parse("{\n  a: 1,\n  bc:   'x'\n}") else { return }
        #expect(members.map(\.line) == [2, 3] && members.map(\.column) == [3, 3])
        #expect(members.map(\.value.column) == [6, 9])
    }

    @Test func `bytes that are no text have a place`() {
        let error = #expect(throws: JSON5Error.self) { try JSON5.parse([0x7B, 0x0A, 0x20, 0xFF, 0x7D]) }
        #expect(error?.line == 2 && error?.column == 2)
    }

    @Test func `depth is limited`() {
        #expect(throws: JSON5Error.self) { try parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: Never.self) {
            try parse(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
        }
    }

    @Test func `random damage is an error or a value, never a trap`() {
        var random = SeededGenerator(seed: 5)
        let start = Array("{a:[1,-.5e3,'x\\u00e9',{/*c*/b:0x1f,}],//d\n'e':null,}".utf8)
        for _ in 0..<20_000 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(start.randomElement(using: &random) ?? 0, at: index)
                }
            }
            _ = try? JSON5.parse(bytes)
        }
    }
}
