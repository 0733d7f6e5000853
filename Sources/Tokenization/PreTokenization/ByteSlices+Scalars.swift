// ByteSlices+Scalars.swift — rewriting bytes scalar by scalar. What is no valid UTF-8 goes through as it is.
// Tokenization › PreTokenization.

extension [UInt8] {
    mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x80 { return append(UInt8(scalar.value)) }
        for byte in UTF8.encode(scalar).unsafelyUnwrapped { append(byte) }
    }

    func mapScalars(_ body: (Unicode.Scalar, inout [UInt8]) -> Void) -> [UInt8] { self[...].mapScalars(body) }
}

extension ArraySlice<UInt8> {
    /// What `body` appends for each scalar.
    func mapScalars(_ body: (Unicode.Scalar, inout [UInt8]) -> Void) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        let bytes = span
        var position = 0
        while position < bytes.count {
            let decoded = UTF8Decoding.scalar(in: bytes, at: position, end: bytes.count)
            if decoded.isValid, let scalar = Unicode.Scalar(decoded.value) {
                body(scalar, &result)
            } else {
                for index in position..<position + decoded.length { result.append(bytes[index]) }
            }
            position += decoded.length
        }
        return result
    }

    /// Each well-formed stretch as the scalars that `transform` makes of it.
    func mapWellFormed<Scalars: Sequence<Unicode.Scalar>>(_ transform: (ArraySlice<UInt8>) -> Scalars) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = startIndex
        while index < endIndex {
            let end = endOfWellFormedText(from: index)
            for scalar in transform(self[index..<end]) { result.append(scalar) }
            index = end
            if index < endIndex {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }

    /// Letter by letter, without regard to what stands around it (a final sigma is as any other).
    func lowercased() -> [UInt8] {
        mapScalars { scalar, output in
            for lower in scalar.properties.lowercaseMapping.unicodeScalars { output.append(lower) }
        }
    }

    private func endOfWellFormedText(from start: Int) -> Int {
        var index = start
        let bytes = span
        while index < endIndex {
            let decoded = UTF8Decoding.scalar(in: bytes, at: index - startIndex, end: count)
            guard decoded.isValid else { break }
            index += decoded.length
        }
        return index
    }
}
