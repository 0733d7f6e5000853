// GGUFMetadata.swift — typed look-up of GGUF's keys.
// Checkpoint › GGUF.  Keys such as `llama.block_count` or `tokenizer.ggml.tokens`: ggml-org/ggml, docs/gguf.md.

import Base

/// The metadata of one GGUF file. Reading a key of another type is an error that names the key and both types.
///
///     let layers = try metadata.integer("llama.block_count")
///     let base = try metadata.float("llama.rope.freq_base", default: 10_000)
///     let pieces = try metadata.stringArray("tokenizer.ggml.tokens")      // bytes: not all are UTF-8
package struct GGUFMetadata {
    let entries: [GGUFEntry]
    private let indexByKey: [[UInt8]: Int]
    let file: CheckpointBytes

    /// - Precondition: `entries` have been checked by GGUFParser: unique keys, ranges inside the file.
    init(entries: [GGUFEntry], file: CheckpointBytes) {
        self.entries = entries
        self.file = file
        indexByKey = Dictionary(uniqueKeysWithValues: entries.enumerated().map { (Array($1.key.utf8), $0) })
    }

    /// Every key, in file order.
    package var keys: [String] { entries.map(\.key) }

    package func has(_ key: String) -> Bool { find(key) != nil }

    /// Whether the key is there and holds an array: some keys are one number for all layers, or one a layer.
    package func isArray(_ key: String) -> Bool { find(key)?.type == .array }

    // MARK: - One value

    /// - Throws: as all of these, `missingKey` without the key and `wrongValue` for another type or range.
    package func string(_ key: String) throws(CheckpointError) -> String {
        let entry = try required(key)
        guard entry.type == .string else { throw wrong(entry, "a string") }
        guard let text = String(validating: file.bytes[entry.range], as: UTF8.self) else {
            throw wrong(entry, "a string", found: "bytes that are not UTF-8")
        }
        return text
    }

    /// Any integer type whose value fits.
    package func integer(_ key: String) throws(CheckpointError) -> Int {
        let entry = try required(key)
        guard entry.type != .array, let value = integer(entry.type, at: entry.range.lowerBound) else {
            throw wrong(entry, "an integer up to \(Int.max)")
        }
        return value
    }

    /// A 32-bit or 64-bit float, rounded to 32 bits, or an integer.
    package func float(_ key: String) throws(CheckpointError) -> Float {
        let entry = try required(key)
        guard let value = float(entry.type, at: entry.range.lowerBound) else { throw wrong(entry, "a number") }
        return value
    }

    package func bool(_ key: String) throws(CheckpointError) -> Bool {
        let entry = try required(key)
        guard entry.type == .bool else { throw wrong(entry, "true or false") }
        return file.bytes[entry.range.lowerBound] == 1
    }

    // MARK: - One value, with what holds if the key is missing

    package func string(_ key: String, default value: String) throws(CheckpointError) -> String {
        has(key) ? try string(key) : value
    }

    package func integer(_ key: String, default value: Int) throws(CheckpointError) -> Int {
        has(key) ? try integer(key) : value
    }

    package func float(_ key: String, default value: Float) throws(CheckpointError) -> Float {
        has(key) ? try float(key) : value
    }

    package func bool(_ key: String, default value: Bool) throws(CheckpointError) -> Bool {
        has(key) ? try bool(key) : value
    }

    // MARK: - Arrays

    /// The bytes of each string. Tokens are bytes: a vocabulary may cut UTF-8 sequences apart.
    package func stringArray(_ key: String) throws(CheckpointError) -> [[UInt8]] {
        let entry = try array(key, "an array of strings") { $0 == .string }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]))
        var strings: [[UInt8]] = []
        strings.reserveCapacity(entry.count)
        do throws(ByteReader.EndOfBytes) {
            for _ in 0..<entry.count {
                let length = try reader.read(UInt64.self)
                strings.append(Array(try reader.readBytes(Int(truncatingIfNeeded: length))))
            }
        } catch {
            // The parser walked the same strings; only a file that changes under us gets here.
            throw file.damaged("the key \(key) changed while it was read")
        }
        return strings
    }

    package func floatArray(_ key: String) throws(CheckpointError) -> [Float] {
        let entry = try array(key, "an array of floats") { $0 == .float32 || $0 == .float64 }
        return elements(entry) { type, offset in float(type, at: offset) } ?? []
    }

    /// Any integer type; every value must fit.
    package func integerArray(_ key: String) throws(CheckpointError) -> [Int] {
        let entry = try array(key, "an array of integers") {
            $0.byteCount != nil && $0 != .float32 && $0 != .float64 && $0 != .bool
        }
        guard let values = elements(entry, { type, offset in integer(type, at: offset) }) else {
            throw wrong(entry, "an array of integers up to \(Int.max)", found: "an array with a greater one")
        }
        return values
    }

    package func boolArray(_ key: String) throws(CheckpointError) -> [Bool] {
        let entry = try array(key, "an array of booleans") { $0 == .bool }
        return file.bytes[entry.range].map { $0 == 1 }
    }

    // MARK: - Bytes

    private func find(_ key: String) -> GGUFEntry? { indexByKey[Array(key.utf8)].map { entries[$0] } }

    private func required(_ key: String) throws(CheckpointError) -> GGUFEntry {
        guard let entry = find(key) else { throw .missingKey(path: file.path, key: key) }
        return entry
    }

    private func array(
        _ key: String, _ expected: String, _ holds: (GGUFValueType) -> Bool
    ) throws(CheckpointError) -> GGUFEntry {
        let entry = try required(key)
        guard let elementType = entry.elementType, holds(elementType) else { throw wrong(entry, expected) }
        return entry
    }

    private func wrong(_ entry: GGUFEntry, _ expected: String, found: String? = nil) -> CheckpointError {
        .wrongValue(path: file.path, key: entry.key, expected: expected, found: found ?? entry.kind)
    }

    /// All elements of an array of fixed-size values; nil if one is nil.
    private func elements<Value>(_ entry: GGUFEntry, _ read: (GGUFValueType, Int) -> Value?) -> [Value]? {
        guard let type = entry.elementType, let size = type.byteCount else { return nil }
        var values: [Value] = []
        values.reserveCapacity(entry.count)
        for index in 0..<entry.count {
            guard let value = read(type, entry.range.lowerBound + index * size) else { return nil }
            values.append(value)
        }
        return values
    }

    private func integer(_ type: GGUFValueType, at offset: Int) -> Int? {
        switch type {
        case .uint8: Int(load(UInt8.self, offset))
        case .int8: Int(load(Int8.self, offset))
        case .uint16: Int(load(UInt16.self, offset))
        case .int16: Int(load(Int16.self, offset))
        case .uint32: Int(load(UInt32.self, offset))
        case .int32: Int(load(Int32.self, offset))
        case .uint64: Int(exactly: load(UInt64.self, offset))
        case .int64: Int(load(Int64.self, offset))
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    private func float(_ type: GGUFValueType, at offset: Int) -> Float? {
        switch type {
        case .float32: Float(bitPattern: load(UInt32.self, offset))
        case .float64: Float(Double(bitPattern: load(UInt64.self, offset)))
        default: integer(type, at: offset).map { Float($0) }
        }
    }

    /// - Precondition: the value lies inside the file, as GGUFParser has checked.
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, _ offset: Int) -> Value {
        Value(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
