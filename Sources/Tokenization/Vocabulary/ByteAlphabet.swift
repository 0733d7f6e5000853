// ByteAlphabet.swift — the printable character that stands for each byte in byte-level vocabularies.
// Tokenization › Vocabulary.  Design: GPT-2 (Radford et al. 2019), `bytes_to_unicode` in its encoder.py.

/// GPT-2's bijection between bytes and characters: printable Latin-1 bytes stand for themselves, the other 68 take
/// U+0100 upward in order. So `Ġ` (U+0120) is a space and `Ċ` (U+010A) a newline.
enum ByteAlphabet {
    /// Byte for each scalar value below 0x144, −1 where the scalar is no letter of the alphabet.
    private static let byteOfScalar: [Int16] = {
        var table = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<256 {
            let isPrintable = (0x21...0x7e).contains(byte) || (0xa1...0xac).contains(byte) || byte >= 0xae
            table[isPrintable ? byte : next] = Int16(byte)
            if !isPrintable { next += 1 }
        }
        return table
    }()

    /// The letter of each byte, as a scalar value.
    static let letters: [UInt32] = {
        var letters = [UInt32](repeating: 0, count: 256)
        for (scalar, byte) in byteOfScalar.enumerated() where byte >= 0 { letters[Int(byte)] = UInt32(scalar) }
        return letters
    }()

    /// `bytes` written in the alphabet.
    static func spell(_ bytes: [UInt8]) -> [UInt8] {
        var piece: [UInt8] = []
        piece.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            let letter = letters[Int(byte)]
            if letter < 0x80 {
                piece.append(UInt8(letter))
            } else {
                piece.append(0xc0 | UInt8(letter >> 6))
                piece.append(0x80 | UInt8(letter & 0x3f))
            }
        }
        return piece
    }

    /// The bytes that a piece written in the alphabet stands for, or nil when one of its characters is no letter of
    /// it (an added token such as `<｜begin▁of▁sentence｜>` that stands for its own text).
    static func bytes(ofPiece piece: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(piece.count)
        return append(piece.span, to: &bytes) ? bytes : nil
    }

    /// As above, appended to `bytes`; false, and part of it appended, where the above is nil.
    static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8]) -> Bool {
        let byteOfScalar = byteOfScalar
        var index = 0
        while index < piece.count {
            let first = piece[index]
            var scalar = Int(first)
            if first < 0x80 {
                index += 1
            } else {
                // The alphabet ends at U+0143: one or two bytes a letter.
                guard first & 0xe0 == 0xc0, index + 1 < piece.count, piece[index + 1] & 0xc0 == 0x80 else {
                    return false
                }
                scalar = Int(first & 0x1f) << 6 | Int(piece[index + 1] & 0x3f)
                index += 2
            }
            guard scalar < byteOfScalar.count, byteOfScalar[scalar] >= 0 else { return false }
            bytes.append(UInt8(byteOfScalar[scalar]))
        }
        return true
    }
}
