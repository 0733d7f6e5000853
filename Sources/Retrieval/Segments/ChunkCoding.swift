// ChunkCoding.swift — chunks as bytes, in segments and in the log.
// Retrieval › Segments.

internal import Base

extension Chunk {
    /// Everything but the fields, which lie apart so that filters need not pass over texts.
    func encodeText(to writer: inout ByteWriter) {
        writer.text(documentID)
        writer.varint(sequence)
        writer.text(title)
        writer.text(text)
        writer.varint(sentences.count)
        var end = 0
        for sentence in sentences {
            writer.varint(sentence.lowerBound - end)
            writer.varint(sentence.count)
            end = sentence.upperBound
        }
        writer.fixed(sourceHash.low)
        writer.fixed(sourceHash.high)
        writer.varint(sourceOffset)
    }

    func encodeFields(to writer: inout ByteWriter) {
        writer.varint(fields.count)
        for field in fields {
            writer.text(field.name)
            switch field.value {
            case .keywords(let words):
                writer.fixed(UInt8(0))
                writer.varint(words.count)
                for word in words { writer.text(word) }
            case .integer(let integer):
                writer.fixed(UInt8(1))
                writer.fixed(Int64(integer))
            case .real(let real):
                writer.fixed(UInt8(2))
                writer.fixed(real.bitPattern)
            case .flag(let flag):
                writer.fixed(UInt8(3))
                writer.fixed(UInt8(flag ? 1 : 0))
            }
        }
    }

    init(text reader: inout ByteReader, fields: [Field]) throws(ByteReader.EndOfBytes) {
        let documentID = try reader.readText()
        let sequence = try reader.readVarint()
        let title = try reader.readText()
        let text = try reader.readText()
        var sentences: [Range<Int>] = []
        var end = 0
        for _ in 0..<(try reader.readCount()) {
            let gap = try reader.readVarint()
            let length = try reader.readVarint()
            guard
                let start = checkedRange(offset: end, count: gap, limit: text.utf8.count)?.upperBound,
                let range = checkedRange(offset: start, count: length, limit: text.utf8.count)
            else { throw ByteReader.EndOfBytes(offset: reader.position, needed: length) }
            sentences.append(range)
            end = range.upperBound
        }
        let low = try reader.read(UInt64.self)
        let high = try reader.read(UInt64.self)
        self.init(
            documentID: documentID, sequence: sequence, title: title, text: text, sentences: sentences, fields: fields,
            sourceHash: Hash128(low: low, high: high), sourceOffset: try reader.readVarint())
    }

    static func fields(_ reader: inout ByteReader) throws(ByteReader.EndOfBytes) -> [Field] {
        var fields: [Field] = []
        for _ in 0..<(try reader.readCount()) {
            let name = try reader.readText()
            let kind = try reader.read(UInt8.self)
            switch kind {
            case 0:
                var words: [String] = []
                for _ in 0..<(try reader.readCount()) { words.append(try reader.readText()) }
                fields.append(Field(name, .keywords(words)))
            case 1: fields.append(Field(name, .integer(Int(try reader.read(Int64.self)))))
            case 2: fields.append(Field(name, .real(try reader.readDouble())))
            case 3: fields.append(Field(name, .flag(try reader.read(UInt8.self) != 0)))
            default: throw ByteReader.EndOfBytes(offset: reader.position, needed: 1)
            }
        }
        return fields
    }
}
