// PanelMemory.swift — room for packed weights in pages of 2 MiB.
// Kernels.  A product of few rows reads each weight once, as fast as memory hands it over. With 4 KiB pages the CPU looks
// up an address every 64 cache lines, and its prefetching ends at each: that took a twelfth of such a product's time.

internal import Glibc
internal import Synchronization

/// Hands out pieces of large blocks, which the kernel is asked to back by huge pages. Where it does not, the pages are
/// ordinary ones. A block that has not been written to takes no memory, but for its last huge page.
package final class PanelMemory: Sendable {
    /// A part of a block; the block lives as long as one of its pieces or the `PanelMemory`.
    struct Piece {
        let start: UnsafeMutableRawPointer
        let owner: AnyObject
    }

    /// Address space that is reserved at a time.
    private static let blockByteCount = 64 << 20
    private let current = Mutex<(block: HugeBlock, used: Int)?>(nil)

    package init() {}

    /// `byteCount` zeroed bytes, aligned to 64.
    ///
    /// - Throws: `AllocationError`.
    func take(_ byteCount: Int) throws(AllocationError) -> Piece {
        precondition(byteCount >= 0, "a piece of \(byteCount) bytes")
        guard byteCount < Self.blockByteCount / 4 else {
            // It would leave much of a block unused: it gets one of its own.
            let block = try HugeBlock(byteCount: byteCount)
            return Piece(start: block.start, owner: block)
        }
        return try current.withLock { (current) throws(AllocationError) in
            let size = (byteCount + 63) / 64 * 64
            if current.map({ $0.used + size > $0.block.byteCount }) ?? true {
                current = (try HugeBlock(byteCount: Self.blockByteCount), 0)
            }
            let (block, used) = current!
            current = (block, used + size)
            return Piece(start: block.start + used, owner: block)
        }
    }
}

/// Mapped memory that begins where a huge page does.
///
/// `@unchecked Sendable`: who writes to which piece is up to those who took them.
private final class HugeBlock: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    private let mapped: UnsafeMutableRawPointer
    private let mappedByteCount: Int

    init(byteCount: Int) throws(AllocationError) {
        let page = 2 << 20
        guard byteCount < Int.max - 2 * page else { throw .tooLarge(count: byteCount, stride: 1) }
        mappedByteCount = max(byteCount, 1) + page
        let memory = mmap(nil, mappedByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
        mapped = memory
        start = memory.alignedUp(toMultipleOf: page)
        self.byteCount = byteCount
        // Advice only: without huge pages everything works as well, a little slower.
        madvise(start, byteCount, MADV_HUGEPAGE)
    }

    deinit { munmap(mapped, mappedByteCount) }
}
