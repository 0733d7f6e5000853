// JSONTests.swift — reading JSON.

import Base
import TestSupport
import Testing

@Suite struct `JSON reader` {
    private func parse(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

    @Test func `reads every kind of value`() throws {
        let json = try parse(#" {"a": [1, -2.5, "x", true, false, null, {}, []], "b": {"c": 7}} "#)
        #expect(json.kind == .object)
        #expect(json.count == 2)
        let list = try #require(json["a"])
        #expect(list.elements.map(\.kind) == [.number, .number, .string, .bool, .bool, .null, .object, .array])
        #expect(list[0]?.integer == 1)
        #expect(list[1]?.double == -2.5)
        #expect(list[2]?.string == "x")
        #expect(list[3]?.bool == true)
        #expect(list[4]?.bool == false)
        #expect(list[5]?.isNull == true)
        #expect(list[6]?.count == 0)
        #expect(list[7]?.elements.map(\.kind) == [])
        #expect(list[8] == nil)
        #expect(list[-1] == nil)
        #expect(json["b"]?["c"]?.integer == 7)
    }

    @Test func `gives nil for a value of another kind`() throws {
        let json = try parse(#"{"text": "7", "number": 7, "list": [7]}"#)
        #expect(json["text"]?.integer == nil)
        #expect(json["text"]?.double == nil)
        #expect(json["number"]?.string == nil)
        #expect(json["number"]?.bool == nil)
        #expect(json["number"]?["x"] == nil)
        #expect(json["list"]?["7"] == nil)
        #expect(json["text"]?[0] == nil)
        #expect(json["missing"] == nil)
        #expect(json["number"]?.members.map(\.key) == [])
        #expect(json["text"]?.elements.map(\.kind) == [])
        #expect(json["text"]?.count == 0)
    }

    @Test func `keeps the order of members and tells keys apart by bytes`() throws {
        let json = try parse("{\"z\": 1, \"caf\u{e9}\": 2, \"cafe\u{301}\": 3, \"a\": 4, \"\\u0061\": 5}")
        #expect(json.members.map(\.key) == ["z", "caf\u{e9}", "cafe\u{301}", "a", "a"].map { Array($0.utf8) })
        #expect(json.members.map { $0.value.integer } == [1, 2, 3, 4, 5])
        #expect(json["caf\u{e9}"]?.integer == 2)
        #expect(json["cafe\u{301}"]?.integer == 3)
        #expect(json["a"]?.integer == 4)
    }

    @Test func `skips whole subtrees when it looks for a key`() throws {
        let json = try parse(#"{"a": {"key": 1, "list": [{"key": 2}, [[3]]]}, "key": 4}"#)
        #expect(json["key"]?.integer == 4)
        #expect(json["a"]?["list"]?[1]?[0]?[0]?.integer == 3)
    }

    @Test func `finds the first repeated key, escapes resolved`() throws {
        #expect(try parse(#"{"a": {"b": 1}, "b": 2}"#).firstDuplicateKey() == nil)
        let twice = try #require(try parse("{\"a\": 1,\n  \"\\u0061\": 2}").firstDuplicateKey())
        #expect(twice.string == "a")
        #expect(twice.line == 2)
        #expect(twice.column == 3)
    }

    @Test func `resolves escapes`() throws {
        let json = try parse(#"["\"\\\/\b\f\n\r\t", "\u00e9\u4E2d\ud83d\ude00", "a\u0000b", "plain é中😀"]"#)
        #expect(json[0]?.utf8 == [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09])
        #expect(json[1]?.string == "é中😀")
        #expect(json[2]?.utf8 == [0x61, 0, 0x62])
        #expect(json[3]?.string == "plain é中😀")
        #expect(try parse(#"{"\ud83d\ude00": 1}"#)["😀"]?.integer == 1)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("0.0e9", 0), ("3", 3), ("-17", -17), ("3.0", 3), ("3e2", 300), ("300e-2", 3),
            ("1.5e1", 15),
            ("12.50E+2", 1250), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9007199254740993", 9_007_199_254_740_993), ("0e999999999999", 0), ("1000e-3", 1),
        ] as [(String, Int)]) func `reads whole numbers exactly`(text: String, value: Int) throws
    {
        #expect(try parse(text).integer == value)
    }

    @Test(arguments: [
        "0.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e30", "1e999999999999999999999",
        "1e-99999999999",
        "100.01",
    ]) func `refuses an integer that is not whole or does not fit`(text: String) throws {
        #expect(try parse(text).integer == nil)
    }

    @Test(
        arguments: [
            ("0.1", 0.1), ("-1.5e3", -1500), ("2.2250738585072014e-308", 2.2250738585072014e-308),
            ("5e-324", .leastNonzeroMagnitude),
            ("1.7976931348623157e308", 1.7976931348623157e308), ("1e-400", 0),
            // Halfway cases, which need more than 17 digits to be rounded right.
            ("9007199254740993", 9_007_199_254_740_992),
            ("9007199254740993.0000000000000000000000000001", 9_007_199_254_740_994),
            ("0.500000000000000166533453693773481063544750213623046875", 0.5000000000000002),
        ] as [(String, Double)]) func `rounds doubles correctly`(text: String, value: Double) throws
    {
        #expect(try parse(text).double == value)
    }

    @Test func `gives nil for a double out of range`() throws {
        #expect(try parse("1e999").double == nil)
        #expect(try parse("-1e999").double == nil)
    }

    @Test(arguments: [
        // Structure.
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{1: 2}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}", "{,}", "[}", "{]", "[1}", "{\"a\":1]", "1 2", "[] []", "{a: 1}", "['a']", "// x\n1",
        "/**/1",
        // Literals and numbers.
        "tru", "truex", "nul", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e2", "1e",
        "1e+", "1e1.5", "0x10", "1_000", "- 1", "--1",
        // Strings.
        "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u\"", "\"a\nb\"", "\"a\tb\"", "\"\u{1}\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\ud800\\ud800\"", "\"\\", "\"\\u",
        "\u{feff}1", "\u{a0}1",
    ]) func `refuses what RFC 8259 does not allow`(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0x80], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80],
            [0xE1, 0x80],
            [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF1, 0x80, 0x80],
        ] as [[UInt8]]) func `refuses invalid UTF-8 in strings`(content: [UInt8])
    {
        #expect(throws: JSONError(line: 1, column: 2, problem: .invalidUTF8)) {
            try JSON.parse([0x22] + content + [0x22])
        }
    }

    @Test func `refuses invalid UTF-8 outside strings`() {
        #expect(throws: JSONError.self) { try JSON.parse([0x31, 0xC3, 0xA9]) }
    }

    @Test(arguments: [
        ("{\n  \"a\": 1,\n  \"b\" 2\n}", "line 3, column 7: expected ':', found '2'"),
        ("[\"é\", x]", "line 1, column 7: expected a value, found 'x'"),
        ("[1, 2", "line 1, column 6: expected ',' or ']', but the text ends here"),
        ("\"ab\u{1}\"", "line 1, column 4: a string holds the control character byte 0x01; write it as an escape"),
        ("[1] 2", "line 1, column 5: there is more text after the end of the value"),
    ]) func `says where and what is wrong`(text: String, message: String) throws {
        let error = try #require(throws: JSONError.self) { try parse(text) }
        #expect(error.description == message)
    }

    @Test func `limits nesting without using the stack`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        #expect(try JSON.parse(nested(64)).kind == .array)
        let error = try #require(throws: JSONError.self) { try JSON.parse(nested(65)) }
        #expect(error == JSONError(line: 1, column: 65, problem: .tooDeep(limit: 64)))
        #expect(try JSON.parse(nested(1_000_000), maximumDepth: 1_000_000).count == 1)
        #expect(throws: JSONError.self) { try JSON.parse([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
    }

    @Test func `limits the length of a number`() throws {
        #expect(try parse("1" + String(repeating: "0", count: 1023)).integer == nil)
        #expect(throws: JSONError.self) { try parse("1" + String(repeating: "0", count: 1024)) }
    }

    @Test func `a text cut anywhere or changed anywhere is an error or a value, never a trap`() throws {
        let text = Array(#"{"a":[1.5e3,"x\ud83d\ude00y",true,null,{"é":[]}],"b":-0.1}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON.parse(Array(text[..<length])) }
        }
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let json = try? JSON.parse(changed) else { continue }
            touch(json)
        }
    }

    /// Reads everything there is to read.
    private func touch(_ json: JSON) {
        _ = (json.integer, json.double, json.string, json.bool, json.line, json.column, json.firstDuplicateKey())
        for member in json.members { touch(member.value) }
        for element in json.elements { touch(element) }
    }
}
