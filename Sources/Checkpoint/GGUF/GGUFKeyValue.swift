// GGUFKeyValue.swift — one metadata key with its value as a GGUF file stores it.
// Checkpoint › GGUF.  Format: ggml-org/ggml, docs/gguf.md.

/// A key ready to be written: made from a Swift value, or taken as it is from another file.
package struct GGUFKeyValue {
    package let key: String
    /// The value type's code, then the value.
    let encoded: [UInt8]

    init(key: String, encoded: [UInt8]) {
        self.key = key
        self.encoded = encoded
    }

    private init(_ key: String, _ type: GGUFValueType, _ value: [UInt8]) {
        self.init(key: key, encoded: littleEndian(type.rawValue) + value)
    }

    package init(_ key: String, _ value: String) { self.init(key, .string, lengthAndBytes(Array(value.utf8))) }
    package init(_ key: String, _ value: UInt32) { self.init(key, .uint32, littleEndian(value)) }
    package init(_ key: String, _ value: Float) { self.init(key, .float32, littleEndian(value.bitPattern)) }
    package init(_ key: String, _ value: Bool) { self.init(key, .bool, [value ? 1 : 0]) }

    /// Strings are bytes: tokens need not be UTF-8.
    package init(_ key: String, strings: [[UInt8]]) {
        self.init(key, .array, array(.string, strings.count, strings.flatMap(lengthAndBytes)))
    }

    package init(_ key: String, floats: [Float]) {
        self.init(key, .array, array(.float32, floats.count, floats.flatMap { littleEndian($0.bitPattern) }))
    }

    package init(_ key: String, integers: [Int32]) {
        self.init(key, .array, array(.int32, integers.count, integers.flatMap { littleEndian($0) }))
    }
}

extension GGUFMetadata {
    /// Every key with its value's bytes, in file order.
    package var keyValues: [GGUFKeyValue] {
        entries.map { entry in
            var encoded = littleEndian(entry.type.rawValue)
            if let elementType = entry.elementType {
                encoded += littleEndian(elementType.rawValue) + littleEndian(UInt64(entry.count))
            }
            if entry.type == .string { encoded += littleEndian(UInt64(entry.range.count)) }
            return GGUFKeyValue(key: entry.key, encoded: encoded + file.bytes[entry.range])
        }
    }
}

func littleEndian(_ value: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

func lengthAndBytes(_ text: [UInt8]) -> [UInt8] { littleEndian(UInt64(text.count)) + text }

private func array(_ type: GGUFValueType, _ count: Int, _ elements: [UInt8]) -> [UInt8] {
    littleEndian(type.rawValue) + littleEndian(UInt64(count)) + elements
}
