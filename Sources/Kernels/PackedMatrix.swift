// PackedMatrix.swift — a Q8_0 or Q4_0 weight matrix in the order in which its product reads it.
// Kernels.  CKernels/README.md draws a panel and tells why the bytes are unsigned.

internal import CKernels

/// Panels of 16 outputs over all inputs: the same bytes as in the file, in another order.
///
///     panel p     [K/32][K-group][16 outputs][4 inputs] integers, then [K/32][16 outputs] f16 scales
///
/// Outputs that fill up the last panel have scale 0. A copy shares the memory.
package struct PackedMatrix: Sendable {
    /// `q8_0` or `q4_0`.
    package let elementType: ElementType
    /// Outputs, N.
    package let rows: Int
    /// Inputs, K: a multiple of 32.
    package let columns: Int
    private let memory: SharedBuffer<UInt8>

    /// Outputs of a panel.
    package static let panelRows = 16

    /// Whether there is a panel form of this type.
    package static func packs(_ elementType: ElementType) -> Bool { elementType == .q8_0 || elementType == .q4_0 }

    /// Copies the weights into panels, all threads together. The matrix is not needed for products any more.
    ///
    /// - Precondition: `packs(matrix.elementType)`.
    /// - Throws: `AllocationError`.
    /// - Complexity: reads and writes each byte once.
    package init(_ matrix: Matrix, pool: ThreadPool) throws(AllocationError) {
        precondition(Self.packs(matrix.elementType), "no panels of \(matrix.elementType)")
        elementType = matrix.elementType
        rows = matrix.rows
        columns = matrix.columns
        let panelCount = (rows + Self.panelRows - 1) / Self.panelRows
        let layout = PanelLayout(elementType, columns: columns)
        memory = try SharedBuffer(count: panelCount * layout.panelByteCount)
        let panels = UnsafeMutableRawPointer(memory.baseAddress)
        // A few panels at a time: a slice is worth its hand-over, and the count stays below the pool's limit.
        let panelsPerSlice = max((64 << 10) / max(layout.panelByteCount, 1), panelCount / 100_000) + 1
        pool.run(sliceCount: (panelCount + panelsPerSlice - 1) / panelsPerSlice) { slice in
            for panel in slice * panelsPerSlice..<min((slice + 1) * panelsPerSlice, panelCount) {
                layout.fill(panels + panel * layout.panelByteCount, from: matrix, panel: panel)
            }
        }
        withExtendedLifetime(matrix.owner) {}
    }

    package var byteCount: Int { memory.count }
    var panels: UnsafeRawPointer { UnsafeRawPointer(memory.baseAddress) }
}

/// Where the numbers of a panel lie.
private struct PanelLayout {
    private let elementType: ElementType
    private let blockCount: Int
    /// Bytes of the integers of 16 outputs and 32 inputs.
    private let blockByteCount: Int

    init(_ elementType: ElementType, columns: Int) {
        self.elementType = elementType
        blockCount = columns / 32
        blockByteCount = elementType == .q4_0 ? 256 : 512
    }

    /// Integers and scales.
    var panelByteCount: Int { blockCount * (blockByteCount + 32) }

    func fill(_ panel: UnsafeMutableRawPointer, from matrix: Matrix, panel index: Int) {
        let scales = panel + blockCount * blockByteCount
        let storedByteCount = elementType.bytesPerBlock
        let groupCount = blockByteCount / 64
        // Stored signed, wanted unsigned: 128 is added to each byte of Q8_0. Q4_0's halves are unsigned already.
        let offset: UInt32 = elementType == .q8_0 ? 0x8080_8080 : 0
        let first = index * PackedMatrix.panelRows
        for lane in 0..<min(PackedMatrix.panelRows, matrix.rows - first) {
            var stored = matrix.pointer + (first + lane) * matrix.rowByteCount
            for block in 0..<blockCount {
                let scale = stored.loadUnaligned(as: UInt16.self)
                scales.storeBytes(of: scale, toByteOffset: (block * 16 + lane) * 2, as: UInt16.self)
                let target = panel + block * blockByteCount + lane * 4
                for group in 0..<groupCount {
                    let four = stored.loadUnaligned(fromByteOffset: 2 + 4 * group, as: UInt32.self)
                    target.storeBytes(of: four ^ offset, toByteOffset: 64 * group, as: UInt32.self)
                }
                stored += storedByteCount
            }
        }
    }
}
