// PackedMatrix.swift — a weight matrix in the order in which its product reads it.
// Kernels.  CKernels/README.md draws the panels and tells why the bytes are unsigned.

internal import CKernels

/// Panels of 16 outputs over all inputs: the same bytes as in the file, in another order.
///
///     integers    [K/32][K-group][16 outputs][4 inputs], then [K/32][16 outputs] f16 scales
///     floats      [K][16 outputs]
///
/// Outputs that fill up the last panel are zeros. A copy shares the memory.
package struct PackedMatrix {
    package let elementType: ElementType
    /// Outputs, N.
    package let rows: Int
    /// Inputs, K: a multiple of 32 in the integer types.
    package let columns: Int
    /// [rows/16] panels, one behind the other.
    package let bytes: UnsafeRawBufferPointer
    /// Keeps them where they are.
    private let owner: AnyObject

    /// Outputs of a panel.
    package static let panelRows = 16

    /// Whether there is a panel form of this type.
    package static func packs(_ elementType: ElementType) -> Bool {
        elementType.hasIntegerPanels || [.f32, .f16, .bf16].contains(elementType)
    }

    /// Copies the weights into panels, all threads together. The matrix is not needed for products any more.
    ///
    /// - Parameter memory: where the panels shall lie; matrices that are read one after the other best share it.
    /// - Precondition: `packs(matrix.elementType)`.
    /// - Throws: `AllocationError`.
    /// - Complexity: reads and writes each byte once.
    package init(
        _ matrix: Matrix, memory: PanelMemory = PanelMemory(), pool: ThreadPool
    ) throws(AllocationError) {
        precondition(Self.packs(matrix.elementType), "no panels of \(matrix.elementType)")
        elementType = matrix.elementType
        rows = matrix.rows
        columns = matrix.columns
        let panelCount = (rows + Self.panelRows - 1) / Self.panelRows
        let layout = PanelLayout(elementType, columns: columns)
        let byteCount = panelCount * layout.panelByteCount
        let piece = try memory.take(byteCount)
        let panels = piece.start
        bytes = UnsafeRawBufferPointer(start: panels, count: byteCount)
        owner = piece.owner
        // A few panels at a time: a slice is worth its hand-over, and the count stays below the pool's limit.
        let panelsPerSlice = max((64 << 10) / max(layout.panelByteCount, 1), panelCount / 100_000) + 1
        pool.run(sliceCount: (panelCount + panelsPerSlice - 1) / panelsPerSlice) { slice in
            for panel in slice * panelsPerSlice..<min((slice + 1) * panelsPerSlice, panelCount) {
                layout.fill(panels + panel * layout.panelByteCount, from: matrix, panel: panel)
            }
        }
        withExtendedLifetime(matrix.owner) {}
    }

    /// Panels that were made before and lie in memory that `owner` keeps, aligned to 64 bytes.
    ///
    /// - Precondition: `packs(elementType)`, and as many bytes as `byteCount(…)` says.
    package init(_ elementType: ElementType, rows: Int, columns: Int, bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        precondition(Self.packs(elementType), "no panels of \(elementType)")
        precondition(bytes.count == Self.byteCount(elementType, rows: rows, columns: columns), "\(bytes.count) bytes")
        self.elementType = elementType
        self.rows = rows
        self.columns = columns
        self.bytes = bytes
        self.owner = owner
    }

    /// - Precondition: the shape of a matrix that is in memory, so that nothing overflows.
    package static func byteCount(_ elementType: ElementType, rows: Int, columns: Int) -> Int {
        (rows + panelRows - 1) / panelRows * PanelLayout(elementType, columns: columns).panelByteCount
    }

    package var byteCount: Int { bytes.count }
    var panelCount: Int { (rows + Self.panelRows - 1) / Self.panelRows }
    var panels: UnsafeRawPointer { bytes.baseAddress! }
}

extension ElementType {
    /// Whether the panel product of this type multiplies integers: its other operand is rounded to such.
    package var hasIntegerPanels: Bool { self == .q8_0 || self == .q4_0 }

    /// Whether a weight is a sum of one or two bf16 numbers.
    var fitsBFloat16: Bool { self == .f16 || self == .bf16 }
}

/// Where the numbers of a panel lie.
private struct PanelLayout {
    private let elementType: ElementType
    private let columns: Int

    init(_ elementType: ElementType, columns: Int) {
        self.elementType = elementType
        self.columns = columns
    }

    private var blockCount: Int { columns / 32 }
    /// Bytes of the integers of 16 outputs and 32 inputs.
    private var blockByteCount: Int { elementType == .q4_0 ? 256 : 512 }

    var panelByteCount: Int {
        elementType.hasIntegerPanels
            ? blockCount * (blockByteCount + 32) : columns * PackedMatrix.panelRows * elementType.bytesPerBlock
    }

    func fill(_ panel: UnsafeMutableRawPointer, from matrix: Matrix, panel index: Int) {
        let first = index * PackedMatrix.panelRows
        for lane in 0..<min(PackedMatrix.panelRows, matrix.rows - first) {
            let stored = matrix.pointer + (first + lane) * matrix.rowByteCount
            switch elementType {
            case .f32: fillNumbers(UInt32.self, panel, lane, from: stored)
            case .f16, .bf16: fillNumbers(UInt16.self, panel, lane, from: stored)
            default: fillBlocks(panel, lane, from: stored)
            }
        }
    }

    /// - Parameter bits: as wide as a number.
    private func fillNumbers<Bits: BitwiseCopyable>(
        _ bits: Bits.Type, _ panel: UnsafeMutableRawPointer, _ lane: Int, from stored: UnsafeRawPointer
    ) {
        let target = panel.assumingMemoryBound(to: bits) + lane
        for column in 0..<columns {
            target[column * PackedMatrix.panelRows] = stored.loadUnaligned(
                fromByteOffset: column * MemoryLayout<Bits>.size, as: bits)
        }
    }

    private func fillBlocks(_ panel: UnsafeMutableRawPointer, _ lane: Int, from row: UnsafeRawPointer) {
        let scales = panel + blockCount * blockByteCount
        // Stored signed, wanted unsigned: 128 is added to each byte of Q8_0. Q4_0's halves are unsigned already.
        let offset: UInt32 = elementType == .q8_0 ? 0x8080_8080 : 0
        var stored = row
        for block in 0..<blockCount {
            let scale = stored.loadUnaligned(as: UInt16.self)
            scales.storeBytes(of: scale, toByteOffset: (block * 16 + lane) * 2, as: UInt16.self)
            let target = panel + block * blockByteCount + lane * 4
            for group in 0..<blockByteCount / 64 {
                let four = stored.loadUnaligned(fromByteOffset: 2 + 4 * group, as: UInt32.self)
                target.storeBytes(of: four ^ offset, toByteOffset: 64 * group, as: UInt32.self)
            }
            stored += elementType.bytesPerBlock
        }
    }
}
