// JSONEscaping.swift — text to a quoted JSON string.
// Base › JSON.  RFC 8259, section 7; non-ASCII text stays as it is (UTF-8), as Python's `ensure_ascii=False`.

enum JSONEscaping {
    /// Appends `text` in quotes. Runs of plain bytes are copied whole; only what needs an escape is looked at twice.
    static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + text.count + 2)
        bytes.append(UInt8(ascii: "\""))
        var runStart = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            var length = 1
            if byte >= 0x80 {
                let step = UTF8Scan.step(text, at: index)
                length = step.length
                if step.isWellFormed {
                    index += length
                    continue
                }
            }
            append(run: text, from: runStart, to: index, into: &bytes)
            if byte >= 0x80 {
                UTF8Scan.append("\u{FFFD}", to: &bytes)
            } else {
                escape(byte, to: &bytes)
            }
            index += length
            runStart = index
        }
        append(run: text, from: runStart, to: index, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(run text: Span<UInt8>, from start: Int, to end: Int, into bytes: inout [UInt8]) {
        guard end > start else { return }
        text.extracting(start..<end).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// The short escapes of the RFC where there is one, `\u00XX` for the other control characters.
    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 0xF)])
        }
    }
}
