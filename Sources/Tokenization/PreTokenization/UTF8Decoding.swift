// UTF8Decoding.swift — reads one scalar at a time from bytes that may not be valid UTF-8.
// Tokenization › PreTokenization.  Unicode 16.0, table 3-7 (well-formed sequences), section 3.9 (maximal subparts).

/// A scalar and how many bytes it took; or, where the bytes are ill-formed, no scalar and the length of the maximal
/// subpart, which is what one U+FFFD replaces.
struct DecodedScalar: Equatable {
    /// The scalar value, or `invalid`.
    let value: UInt32
    /// At least 1.
    let length: Int
    /// The bytes end where more were needed: with what follows they may still become a scalar.
    var isTruncated = false

    static let invalid = UInt32.max
    var isValid: Bool { value != DecodedScalar.invalid }
}

enum UTF8Decoding {
    /// The scalar at `position`.
    /// - Precondition: `position < end <= bytes.count`.
    @inline(__always)
    static func scalar(in bytes: Span<UInt8>, at position: Int, end: Int) -> DecodedScalar {
        let first = bytes[position]
        if first < 0x80 { return DecodedScalar(value: UInt32(first), length: 1) }
        return multibyteScalar(in: bytes, at: position, end: end)
    }

    private static func multibyteScalar(in bytes: Span<UInt8>, at position: Int, end: Int) -> DecodedScalar {
        let first = bytes[position]
        let length: Int
        // The second byte's range excludes overlong forms, surrogates and what lies past U+10FFFF.
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: length = 2
        case 0xe0:
            length = 3
            second = 0xa0...0xbf
        case 0xed:
            length = 3
            second = 0x80...0x9f
        case 0xe1...0xef: length = 3
        case 0xf0:
            length = 4
            second = 0x90...0xbf
        case 0xf1...0xf3: length = 4
        case 0xf4:
            length = 4
            second = 0x80...0x8f
        default: return DecodedScalar(value: DecodedScalar.invalid, length: 1)
        }
        var value = UInt32(first) & (0x7f >> UInt32(length))
        for offset in 1..<length {
            guard position + offset < end else {
                return DecodedScalar(value: DecodedScalar.invalid, length: offset, isTruncated: true)
            }
            let byte = bytes[position + offset]
            guard (offset == 1 ? second : 0x80...0xbf).contains(byte) else {
                return DecodedScalar(value: DecodedScalar.invalid, length: offset)
            }
            value = value << 6 | UInt32(byte & 0x3f)
        }
        return DecodedScalar(value: value, length: length)
    }
}
