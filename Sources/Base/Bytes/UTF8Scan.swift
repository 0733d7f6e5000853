// UTF8Scan.swift — tells where one UTF-8 sequence ends and whether it is well formed.
// Base › Bytes.  Used by the JSON reader (refuses) and writer (replaces).  Unicode 16, table 3-7.

/// One step through bytes that claim to be UTF-8.
package enum UTF8Scan {
    /// A well-formed sequence of `length` bytes, or the longest prefix of one that cannot be continued.
    ///
    /// Replacing each ill-formed part by one U+FFFD gives what `String(decoding:as:)` and Python's "replace" give.
    package struct Step: Equatable {
        package let length: Int
        package let isWellFormed: Bool
    }

    /// Examines the sequence that starts at `index`.
    ///
    /// - Precondition: `index` is inside `bytes`.
    package static func step(_ bytes: Span<UInt8>, at index: Int) -> Step {
        let lead = bytes[index]
        if lead < 0x80 { return Step(length: 1, isWellFormed: true) }
        // The second byte's range excludes overlong forms, surrogates and everything above U+10FFFF.
        let followers: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: followers = 1
        case 0xE0: (followers, low) = (2, 0xA0)
        case 0xED: (followers, high) = (2, 0x9F)
        case 0xE1...0xEF: followers = 2
        case 0xF0: (followers, low) = (3, 0x90)
        case 0xF4: (followers, high) = (3, 0x8F)
        case 0xF1...0xF3: followers = 3
        default: return Step(length: 1, isWellFormed: false)
        }
        for offset in 1...followers {
            let next = index + offset
            guard next < bytes.count, bytes[next] >= low, bytes[next] <= high else {
                return Step(length: offset, isWellFormed: false)
            }
            (low, high) = (0x80, 0xBF)
        }
        return Step(length: followers + 1, isWellFormed: true)
    }

    /// Appends the UTF-8 form of a scalar value to `bytes`.
    package static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        for byte in UTF8.encode(scalar)! { bytes.append(byte) }
    }
}
