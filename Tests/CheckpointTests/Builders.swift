// Builders.swift — small safetensors and GGUF files, right or wrong, byte by byte.

/// Little-endian bytes of an integer.
func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> (Value($0) * 8)) }
}

func bytes(_ values: [Float]) -> [UInt8] { values.flatMap { bytes($0.bitPattern) } }

/// A safetensors file from the text of its header and its data.
func safetensors(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
    bytes(length ?? UInt64(header.utf8.count)) + header.utf8 + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

/// Writes GGUF pieces in order, without checking anything.
struct GGUFBuilder {
    var version: UInt32 = 3
    var alignment = 32
    /// What the header claims, where that is not what follows.
    var claimedKeys: UInt64?
    var claimedTensors: UInt64?
    private var keyCount: UInt64 = 0
    private var tensorCount: UInt64 = 0
    private var keys: [UInt8] = []
    private var infos: [UInt8] = []
    private var data: [UInt8] = []

    static func string(_ text: [UInt8]) -> [UInt8] { bytes(UInt64(text.count)) + text }
    static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

    /// A key with a raw value: its type's code and its bytes.
    mutating func key(_ name: String, type: UInt32, _ value: [UInt8]) {
        keys += Self.string(name) + bytes(type) + value
        keyCount += 1
    }

    /// A key whose name, type and value are all given as bytes.
    mutating func append(rawKey key: [UInt8]) {
        keys += key
        keyCount += 1
    }

    mutating func key(_ name: String, _ value: String) { key(name, type: 8, Self.string(value)) }
    mutating func key(_ name: String, _ value: UInt32) { key(name, type: 4, bytes(value)) }
    mutating func float(_ name: String, _ value: Float) { key(name, type: 6, bytes(value.bitPattern)) }

    /// An array key: the element type's code, how many there are, their bytes.
    mutating func array(_ name: String, of type: UInt32, count: UInt64, _ elements: [UInt8]) {
        key(name, type: 9, bytes(type) + bytes(count) + elements)
    }

    /// Tensor data at the next free aligned offset, or at one given.
    mutating func tensor(
        _ name: String, dims: [UInt64], type: UInt32 = 0, data content: [UInt8], offset: UInt64? = nil,
        rank: UInt32? = nil
    ) {
        while data.count % alignment != 0 { data.append(0xEE) }
        infos += Self.string(name) + bytes(rank ?? UInt32(dims.count)) + dims.flatMap { bytes($0) }
        infos += bytes(type) + bytes(offset ?? UInt64(data.count))
        data += content
        tensorCount += 1
    }

    func build() -> [UInt8] {
        var file = Array("GGUF".utf8) + bytes(version)
        file += bytes(claimedTensors ?? tensorCount) + bytes(claimedKeys ?? keyCount) + keys + infos
        while file.count % alignment != 0 { file.append(0xEE) }
        return file + data
    }
}
