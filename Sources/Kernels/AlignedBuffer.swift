// AlignedBuffer.swift — memory for numbers: aligned to a cache line, zeroed, freed by whoever owns the value.
// Kernels.  Large buffers come straight from the kernel as untouched pages, so that a cache that may grow to a
// gigabyte costs only what has been written.

internal import Glibc

/// The allocation that failed, and how much it asked for.
package enum AllocationError: Error, Equatable, CustomStringConvertible {
    /// `count` elements of `stride` bytes exceed the address space.
    case tooLarge(count: Int, stride: Int)
    case outOfMemory(byteCount: Int)

    package var description: String {
        switch self {
        case .tooLarge(let count, let stride):
            "cannot allocate \(count) elements of \(stride) bytes: larger than the address space"
        case .outOfMemory(let byteCount):
            "cannot allocate \(byteCount) bytes: out of memory; lower the cache size or the context length"
        }
    }
}

/// Owns `count` zeroed elements, aligned to 64 bytes. The one owner frees them.
///
/// `@unchecked Sendable`: the value is unique, and what threads do with the pointer is ordered by `ThreadPool`.
package struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    /// Valid while this value lives; never nil, not even for no elements.
    package let baseAddress: UnsafeMutablePointer<Element>
    package let count: Int
    private let mappedByteCount: Int

    /// The least size that is mapped instead of taken from the heap.
    private static var mappingThreshold: Int { 1 << 20 }

    /// - Precondition: `count` is not negative.
    /// - Throws: `AllocationError`; nothing is allocated then.
    package init(count: Int) throws(AllocationError) {
        precondition(count >= 0, "a buffer cannot have \(count) elements")
        let stride = MemoryLayout<Element>.stride
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: stride)
        guard !overflow, byteCount < Int.max - 4096 else { throw .tooLarge(count: count, stride: stride) }

        let memory: UnsafeMutableRawPointer
        if byteCount >= Self.mappingThreshold {
            let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let mapped, mapped != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
            memory = mapped
            mappedByteCount = byteCount
        } else {
            var block: UnsafeMutableRawPointer?
            guard posix_memalign(&block, 64, max(byteCount, 64)) == 0, let block else {
                throw .outOfMemory(byteCount: byteCount)
            }
            memset(block, 0, byteCount)
            memory = block
            mappedByteCount = 0
        }
        baseAddress = memory.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    deinit {
        if mappedByteCount > 0 {
            munmap(baseAddress, mappedByteCount)
        } else {
            free(baseAddress)
        }
    }

    /// - Precondition: `index` is in `0..<count`.
    package subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index \(index) outside 0..<\(count)")
            return baseAddress[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "index \(index) outside 0..<\(count)")
            baseAddress[index] = newValue
        }
    }

    /// The elements as a collection, valid while this value lives.
    package var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: baseAddress, count: count)
    }
}

/// An `AlignedBuffer` that several holders share, such as a weight that two matrices use.
package final class SharedBuffer<Element: BitwiseCopyable>: Sendable {
    package let buffer: AlignedBuffer<Element>

    package init(_ buffer: consuming AlignedBuffer<Element>) { self.buffer = buffer }

    /// - Throws: `AllocationError`.
    package convenience init(count: Int) throws(AllocationError) { self.init(try AlignedBuffer(count: count)) }

    package var baseAddress: UnsafeMutablePointer<Element> { buffer.baseAddress }
    package var count: Int { buffer.count }
}
