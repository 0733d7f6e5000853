// JSONWriterTests.swift — writing JSON.

import Base
import TestSupport
import Testing

@Suite struct `JSON writer` {
    private func write(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `puts commas and nesting where they belong`() {
        let text = write { json in
            json.beginObject()
            json.field("a", 1)
            json.key("b")
            json.beginArray()
            json.integer(1)
            json.beginObject()
            json.endObject()
            json.beginArray()
            json.endArray()
            json.string("x")
            json.endArray()
            json.field("c", true)
            json.field("d", nil as String?)
            json.field("e", "y" as String?)
            json.nullField("f")
            json.key("g")
            json.object { $0.field("h", 0.5) }
            json.key("i")
            json.array { $0.bool(false) }
            json.endObject()
        }
        #expect(
            text == #"{"a":1,"b":[1,{},[],"x"],"c":true,"d":null,"e":"y","f":null,"g":{"h":0.5},"i":[false]}"#)
    }

    @Test func `writes several documents, one a line`() {
        let text = write { json in
            json.integer(1)
            json.endLine()
            json.object { $0.field("a", Int.min) }
            json.endLine()
        }
        #expect(text == "1\n{\"a\":-9223372036854775808}\n")
        var writer = JSONWriter()
        writer.beginArray()
        writer.integer(1)
        writer.reset()
        writer.integer(2)
        #expect(writer.bytes == Array("2".utf8))
        #expect(writer.depth == 0)
    }

    @Test func `escapes quotes, backslashes and control characters only`() {
        let text = write { $0.string("\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}é中😀") }
        #expect(text == "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u{7F}é中😀\"")
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0xC3], "\u{FFFD}"), ([0xE4, 0xB8], "\u{FFFD}"),
            ([0xE4, 0xB8, 0x41], "\u{FFFD}A"), ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([], ""),
        ] as [([UInt8], String)]) func `replaces invalid UTF-8`(bytes: [UInt8], expected: String)
    {
        #expect(write { $0.string(utf8: bytes) } == "\"" + expected + "\"")
        #expect(write { $0.string(utf8: bytes[...]) } == "\"" + expected + "\"")
        #expect(write { $0.object { $0.field("k", utf8: bytes) } } == "{\"k\":\"" + expected + "\"}")
    }

    @Test func `replaces invalid UTF-8 as String does`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let leads: [UInt8] = [0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF4, 0x90, 0x9F, 0xA0, 0xFF]
            let bytes = (0..<Int.random(in: 0...6, using: &random)).map { _ in leads.randomElement(using: &random)! }
            #expect(write { $0.string(utf8: bytes) } == "\"" + String(decoding: bytes, as: UTF8.self) + "\"")
        }
    }

    @Test func `writes the shortest number that reads back`() throws {
        #expect(write { $0.number(0.1) } == "0.1")
        #expect(write { $0.number(Float(0.1)) } == "0.1")
        #expect(write { $0.number(-0.0) } == "-0.0")
        #expect(write { $0.number(Double.infinity) } == "null")
        #expect(write { $0.number(Float.nan) } == "null")
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
            guard value.isFinite else { continue }
            #expect(try JSON.parse(Array(write { $0.number(value) }.utf8)).double?.bitPattern == value.bitPattern)
        }
    }

    @Test func `what it writes, the reader reads`() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<20).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x2_FFFF, using: &random)) }))
            let json = try JSON.parse(Array(write { $0.object { $0.field(text, text) } }.utf8))
            #expect(json.members.map(\.key) == [Array(text.utf8)])
            #expect(json[text]?.utf8 == Array(text.utf8))
        }
    }
}
