// SearchScratch.swift — the memory that one search at a time works in, and the pool that lends it.
// Retrieval › Vectors.

internal import Kernels
internal import Synchronization

/// Marks, entries and products of one search. Sendable because a searcher gets it from the pool and gives it back: at
/// any moment one thread has it.
final class SearchScratch: Sendable {
    /// The search that last saw each ordinal: clearing the marks is adding one to the epoch.
    private let epochs_N: AlignedBuffer<UInt16>
    private let epoch: AlignedBuffer<UInt16>
    let query_W: AlignedBuffer<UInt8>
    /// Room for a node's neighbours: the ones not seen before, and their products.
    let fresh: AlignedBuffer<UInt32>
    let products: AlignedBuffer<Int32>
    private let entries: AlignedBuffer<RankedOrdinal>
    private let flags: AlignedBuffer<Bool>
    private let poolCapacity: Int
    let kernels: KernelSet

    static let batch = 1024

    init(count: Int, width: Int, poolCapacity: Int, kernels: KernelSet) throws(AllocationError) {
        self.kernels = kernels
        epochs_N = try AlignedBuffer(count: count)
        epoch = try AlignedBuffer(count: 1)
        query_W = try AlignedBuffer(count: width)
        fresh = try AlignedBuffer(count: Self.batch)
        products = try AlignedBuffer(count: Self.batch)
        // One more than the pool holds: an insertion moves before it drops.
        entries = try AlignedBuffer(count: poolCapacity + 1)
        flags = try AlignedBuffer(count: poolCapacity + 1)
        self.poolCapacity = poolCapacity
    }

    /// Forgets which ordinals were seen.
    private func forget() {
        if epoch.baseAddress[0] == .max {
            epochs_N.baseAddress.update(repeating: 0, count: epochs_N.count)
            epoch.baseAddress[0] = 0
        }
        epoch.baseAddress[0] += 1
    }

    /// Copies to `fresh` those of the ordinals that this search has not seen, marks them, and returns how many.
    @inline(__always)
    func unseen(_ ordinals: UnsafePointer<UInt32>, count: Int) -> Int {
        let now = epoch.baseAddress[0]
        let epochs = epochs_N.baseAddress
        let list = fresh.baseAddress
        var freshCount = 0
        for index in 0..<count {
            let ordinal = ordinals[index]
            if ordinal == HNSWGraph.noLink { break }
            if epochs[Int(ordinal)] == now { continue }
            epochs[Int(ordinal)] = now
            list[freshCount] = ordinal
            freshCount += 1
        }
        return freshCount
    }

    /// An empty pool.
    ///
    /// - Precondition: `capacity` does not exceed the scratch's.
    func pool(capacity: Int) -> SearchPool {
        precondition(capacity > 0 && capacity <= poolCapacity, "a pool of \(capacity) in a scratch of \(poolCapacity)")
        return SearchPool(entries.baseAddress, flags.baseAddress, capacity: capacity)
    }

    /// The pool of a new walk that begins at one entry, the only ordinal seen so far.
    func pool(capacity: Int, startingAt entry: RankedOrdinal) -> SearchPool {
        forget()
        epochs_N.baseAddress[Int(entry.ordinal)] = epoch.baseAddress[0]
        var pool = pool(capacity: capacity)
        pool.offer(entry)
        return pool
    }
}

/// Scratches that are not in use: as many as there were searches at once.
final class ScratchPool: Sendable {
    private let idle = Mutex<[SearchScratch]>([])
    private let count: Int
    private let width: Int
    private let poolCapacity: Int
    private let kernels: KernelSet

    init(count: Int, width: Int, poolCapacity: Int, kernels: KernelSet) {
        self.kernels = kernels
        self.count = count
        self.width = width
        self.poolCapacity = poolCapacity
    }

    /// Lends a scratch for the time of `body`.
    func withScratch<Result>(_ body: (SearchScratch) -> Result) throws(VectorIndexError) -> Result {
        let scratch: SearchScratch
        if let waiting = idle.withLock({ $0.popLast() }) {
            scratch = waiting
        } else {
            do {
                scratch = try SearchScratch(count: count, width: width, poolCapacity: poolCapacity, kernels: kernels)
            } catch {
                throw .outOfMemory(error.description)
            }
        }
        defer { idle.withLock { $0.append(scratch) } }
        return body(scratch)
    }
}
