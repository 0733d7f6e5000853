// HNSWLayout.swift — where the arrays of a graph lie in its one piece of memory, and the checks of one that was read.
// Retrieval › Vectors.  The memory is the file: opening a graph maps it and looks at every link once.

internal import Base

/// Byte offsets of a graph's arrays.
///
///     0            magic "SWLTHNSW", then UInt32s: format, M, N, U, entry, 0, 0, 0, 0, 0
///     levels       N bytes, rounded up to 4
///     upperStart   [N] UInt32
///     level0       [N, 2M] UInt32
///     upper        [U, M] UInt32
struct HNSWLayout: Sendable, Equatable {
    static let magic: [UInt8] = Array("SWLTHNSW".utf8)
    static let format: UInt32 = 1
    static let levels = 64

    let upperStart: Int
    let level0: Int
    let upper: Int
    let byteCount: Int

    /// nil when the sizes leave 63 bits.
    init?(nodeCount: Int, linkCount: Int, upperRowCount: Int) {
        guard nodeCount >= 0, linkCount > 0, upperRowCount >= 0 else { return nil }
        guard
            let level0Size = checkedProduct([nodeCount, linkCount, 8]),
            let upperSize = checkedProduct([upperRowCount, linkCount, 4]),
            let startsSize = checkedProduct([nodeCount, 4]),
            level0Size <= 1 << 48, upperSize <= 1 << 48
        else { return nil }
        upperStart = Self.levels + (nodeCount + 3) / 4 * 4
        level0 = upperStart + startsSize
        upper = level0 + level0Size
        byteCount = upper + upperSize
    }
}

extension HNSWGraph {
    /// A graph over memory that a builder wrote once, such as a section of a mapped file. Every link is checked, so
    /// that no damage can lead a walk out of the table.
    ///
    /// - Complexity: O(N · M).
    package init(_ memory: FrozenBytes, vectorCount: Int) throws(VectorIndexError) {
        var reader = ByteReader(memory.bytes)
        let header: [UInt32]
        do {
            guard try reader.readBytes(8).elementsEqual(HNSWLayout.magic) else {
                throw VectorIndexError.damagedGraph("it does not begin like one")
            }
            header = try (0..<5).map { _ in try reader.read(UInt32.self) }
        } catch let error as VectorIndexError {
            throw error
        } catch {
            throw .damagedGraph("\(memory.bytes.count) bytes hold no header")
        }
        let (linkCount, nodeCount, upperRowCount) = (Int(header[1]), Int(header[2]), Int(header[3]))
        guard header[0] == HNSWLayout.format else { throw .damagedGraph("its format is \(header[0]), not 1") }
        guard (2...512).contains(linkCount) else { throw .damagedGraph("\(linkCount) links a node") }
        guard nodeCount == vectorCount else {
            throw .damagedGraph("\(nodeCount) nodes for \(vectorCount) vectors")
        }
        guard
            let layout = HNSWLayout(nodeCount: nodeCount, linkCount: linkCount, upperRowCount: upperRowCount),
            layout.byteCount == memory.bytes.count, UInt(bitPattern: memory.bytes.baseAddress) % 4 == 0
        else { throw .damagedGraph("\(memory.bytes.count) bytes for \(nodeCount) nodes") }
        self.init(linkCount: linkCount, entry: header[4], nodeCount: nodeCount, memory: memory, layout: layout)
        try checkLinks(upperRowCount: upperRowCount)
    }

    private func checkLinks(upperRowCount: Int) throws(VectorIndexError) {
        guard nodeCount > 0 else { return }
        guard Int(entry) < nodeCount else { throw .damagedGraph("its entry is \(entry)") }
        let top = highestLevel
        guard top <= Self.highestLevel else { throw .damagedGraph("level \(top)") }
        for ordinal in 0..<UInt32(nodeCount) {
            let level = Int(levels_N[Int(ordinal)])
            guard level <= top else { throw .damagedGraph("ordinal \(ordinal) lies above the entry") }
            guard level == 0 || upperRow(of: ordinal) + level <= upperRowCount else {
                throw .damagedGraph("the upper links of ordinal \(ordinal) lie outside")
            }
            for current in 0...level {
                let (start, count) = links(of: ordinal, level: current)
                for place in 0..<count where start[place] != Self.noLink {
                    guard Int(start[place]) < nodeCount, Int(levels_N[Int(start[place])]) >= current else {
                        throw .damagedGraph("ordinal \(ordinal) links to \(start[place]) on level \(current)")
                    }
                }
            }
        }
    }
}
