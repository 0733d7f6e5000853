// ByteTable.swift — many short byte strings in one array.
// Tokenization › Vocabulary.

/// An immutable list of byte strings, stored end to end.
struct ByteTable: Sendable {
    private let arena: [UInt8]
    /// String `i` is `arena[starts[i] ..< starts[i + 1]]`.
    private let starts: [Int32]

    /// - Precondition: less than 2 GiB in all; loaders bound their input far below.
    init(_ strings: some Sequence<[UInt8]>) {
        var arena: [UInt8] = []
        var starts: [Int32] = [0]
        for string in strings {
            arena.append(contentsOf: string)
            starts.append(Int32(arena.count))
        }
        self.arena = arena
        self.starts = starts
    }

    var count: Int { starts.count - 1 }

    /// - Precondition: `index` is in `0 ..< count`.
    subscript(index: Int) -> ArraySlice<UInt8> { arena[Int(starts[index])..<Int(starts[index + 1])] }

    /// Whether string `index` is exactly `bytes`.
    func equals(_ index: Int, _ bytes: Span<UInt8>) -> Bool {
        let start = Int(starts[index])
        guard Int(starts[index + 1]) - start == bytes.count else { return false }
        let arena = arena.span.bytes
        let bytes = bytes.bytes
        var offset = 0
        while bytes.byteCount - offset >= 8 {
            let word = arena.unsafeLoadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
            if word != bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
            offset += 8
        }
        while offset < bytes.byteCount {
            let byte = arena.unsafeLoad(fromByteOffset: start + offset, as: UInt8.self)
            if byte != bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) { return false }
            offset += 1
        }
        return true
    }
}
