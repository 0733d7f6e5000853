// GGUFParser.swift — header, metadata and tensor list of a GGUF file, checked against the file.
// Checkpoint › GGUF.  Format: ggml-org/ggml, docs/gguf.md, versions 2 and 3, little-endian.
//
//     | "GGUF" version | tensor count, key count | key type value … | name dims type offset … | padding | data … |
//
// Talos and others found overflows in every loader of this format (CVE-2024-21802, CVE-2025-53630, CVE-2026-7482):
// here each count meets the bytes that are left before it is used, and each product reports overflow.

import Base

struct GGUFParser {
    /// What a file says before its tensor data.
    struct Contents {
        var version: UInt32 = 0
        var alignment = 32
        var metadata: [GGUFEntry] = []
        /// Under the names stored in the file.
        var tensors = TensorTable()
    }

    /// ggml's own limit.
    private static let maximumRank = 4
    /// The format says 64 bytes; some converters write a little more.
    private static let maximumNameByteCount = 256
    private static let maximumKeyByteCount = 65_535
    private static let maximumArrayDepth = 4

    private let file: CheckpointBytes
    private var reader: GGUFReader

    static func parse(_ file: CheckpointBytes) throws(CheckpointError) -> Contents {
        var parser = GGUFParser(file)
        return try parser.contents()
    }

    private init(_ file: CheckpointBytes) {
        self.file = file
        reader = GGUFReader(file)
    }

    private mutating func contents() throws(CheckpointError) -> Contents {
        var contents = Contents()
        guard try reader.read(UInt32.self, in: "its header") == 0x4655_4747 else {
            throw .unsupported(path: file.path, what: "it does not begin with GGUF's magic bytes")
        }
        contents.version = try reader.read(UInt32.self, in: "its header")
        guard contents.version == 2 || contents.version == 3 else {
            let isSwapped = (1...3).contains(contents.version.byteSwapped)
            throw .unsupported(
                path: file.path,
                what: isSwapped
                    ? "it is big-endian" : "it is GGUF version \(contents.version); versions 2 and 3 are read")
        }
        // A tensor's entry takes at least 24 bytes and a key's at least 13: a false count is refused early.
        let tensorCount = try reader.count(atLeast: 24, "tensors")
        let keyCount = try reader.count(atLeast: 13, "keys")
        contents.metadata = try metadata(keyCount)
        contents.alignment = try alignment(contents.metadata)
        contents.tensors = try tensors(tensorCount, alignment: contents.alignment)
        return contents
    }

    // MARK: - Metadata

    private mutating func metadata(_ count: Int) throws(CheckpointError) -> [GGUFEntry] {
        var entries: [GGUFEntry] = []
        // No room is set aside by `count`: in a large file even a bounded false count would ask for gigabytes.
        var seen = Set<[UInt8]>()
        for index in 0..<count {
            let key = try reader.text(limit: Self.maximumKeyByteCount, "the name of key \(index)")
            guard seen.insert(Array(key.utf8)).inserted else { throw file.damaged("the key \(key) is there twice") }
            let type = try valueType(of: key)
            switch type {
            case .array:
                let (elementType, count, range) = try array(of: key, depth: 1)
                entries.append(GGUFEntry(key: key, type: type, elementType: elementType, count: count, range: range))
            default:
                let range = try scalar(type, of: key)
                entries.append(GGUFEntry(key: key, type: type, elementType: nil, count: 0, range: range))
            }
        }
        return entries
    }

    private mutating func valueType(of key: String) throws(CheckpointError) -> GGUFValueType {
        let code = try reader.read(UInt32.self, in: "the key \(key)")
        guard let type = GGUFValueType(rawValue: code) else {
            throw file.damaged("the key \(key) has a value of the unknown type \(code)")
        }
        return type
    }

    /// Passes over a value that is not an array, and returns where it lies.
    private mutating func scalar(_ type: GGUFValueType, of key: String) throws(CheckpointError) -> Range<Int> {
        let size = if let size = type.byteCount { size } else { try stringLength(of: key) }
        let start = reader.position
        try reader.skip(size, in: "the key \(key)")
        if type == .bool, file.bytes[start] > 1 { throw file.damaged("the key \(key) is neither true nor false") }
        return start..<reader.position
    }

    private mutating func array(
        of key: String, depth: Int
    ) throws(CheckpointError) -> (type: GGUFValueType, count: Int, range: Range<Int>) {
        guard depth <= Self.maximumArrayDepth else {
            throw file.damaged("the key \(key) nests arrays more than \(Self.maximumArrayDepth) deep")
        }
        let type = try valueType(of: key)
        // Nested arrays take at least 12 bytes each, strings 8.
        let smallest = type.byteCount ?? (type == .array ? 12 : 8)
        let count = try reader.count(atLeast: smallest, "elements in the key \(key)")
        let start = reader.position
        if let size = type.byteCount {
            // `count` has checked that this does not pass the end, hence does not overflow.
            try reader.skip(count * size, in: "the key \(key)")
            if type == .bool, file.bytes[start..<reader.position].contains(where: { $0 > 1 }) {
                throw file.damaged("the key \(key) holds something that is neither true nor false")
            }
        } else {
            for _ in 0..<count {
                if type == .array { _ = try array(of: key, depth: depth + 1) } else { _ = try scalar(type, of: key) }
            }
        }
        return (type, count, start..<reader.position)
    }

    private mutating func stringLength(of key: String) throws(CheckpointError) -> Int {
        let length = try reader.read(UInt64.self, in: "the key \(key)")
        guard let length = Int(exactly: length) else {
            throw file.damaged("the key \(key) holds a string of \(length) bytes")
        }
        return length
    }

    private func alignment(_ metadata: [GGUFEntry]) throws(CheckpointError) -> Int {
        let reader = GGUFMetadata(entries: metadata, file: file)
        let alignment = try reader.integer("general.alignment", default: 32)
        guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 20 else {
            throw file.damaged("its alignment is \(alignment), which is not a power of two up to 1 MiB")
        }
        return alignment
    }

    // MARK: - Tensors

    private mutating func tensors(_ count: Int, alignment: Int) throws(CheckpointError) -> TensorTable {
        struct Entry {
            let name: String
            let type: StoredType
            let shape: [Int]
            let offset: UInt64
        }
        var entries: [Entry] = []
        for index in 0..<count {
            let name = try reader.text(limit: Self.maximumNameByteCount, "the name of tensor \(index)")
            let place = "the entry of tensor \(name)"
            let rank = try reader.read(UInt32.self, in: place)
            guard rank <= Self.maximumRank else {
                throw file.damaged("tensor \(name) has \(rank) dimensions; \(Self.maximumRank) are the most allowed")
            }
            var shape: [Int] = []
            for _ in 0..<rank {
                let size = try reader.read(UInt64.self, in: place)
                guard let size = Int(exactly: size) else {
                    throw file.damaged("tensor \(name) has a dimension of \(size)")
                }
                shape.append(size)
            }
            // The file has the innermost dimension first.
            shape.reverse()
            let type = StoredType.ggml(try reader.read(UInt32.self, in: place))
            entries.append(Entry(name: name, type: type, shape: shape, offset: try reader.read(UInt64.self, in: place)))
        }

        // The data begins at the next multiple of the alignment. A file without tensors may end before it.
        let dataStart = (reader.position + alignment - 1) / alignment * alignment
        var table = TensorTable()
        for entry in entries {
            let range = try range(
                entry.name, entry.type, entry.shape, offset: entry.offset, dataStart: dataStart, alignment: alignment)
            let tensor = StoredTensor(name: entry.name, type: entry.type, shape: entry.shape, range: range)
            guard table.append(tensor) else { throw file.damaged("tensor \(entry.name) is listed twice") }
        }
        if let (first, second) = table.firstOverlap() {
            throw file.damaged("tensors \(first) and \(second) overlap")
        }
        return table
    }

    private func range(
        _ name: String, _ type: StoredType, _ shape: [Int], offset: UInt64, dataStart: Int, alignment: Int
    ) throws(CheckpointError) -> Range<Int> {
        guard let elements = checkedProduct(shape) else { throw file.damaged("tensor \(name) has the shape \(shape)") }
        var byteCount = 0
        if let block = type.block {
            // Blocks run along rows and never across two of them.
            guard (shape.last ?? 1) % block.elements == 0, let size = type.byteCount(elements: elements) else {
                throw .unsupported(
                    path: file.path,
                    what: "the rows of tensor \(name) of shape \(shape) are not whole blocks of \(type.name), "
                        + "\(block.elements) numbers each")
            }
            byteCount = size
        }
        guard let offset = Int(exactly: offset), offset % alignment == 0 else {
            throw file.damaged("tensor \(name) has the offset \(offset), which is not a multiple of \(alignment)")
        }
        let (start, overflow) = dataStart.addingReportingOverflow(offset)
        guard !overflow, let range = checkedRange(offset: start, count: byteCount, limit: file.bytes.count) else {
            throw file.damaged(
                "tensor \(name) needs \(byteCount) bytes at \(offset) of the data, past the file's \(file.bytes.count) bytes"
            )
        }
        return range
    }
}
