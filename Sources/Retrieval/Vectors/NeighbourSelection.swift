// NeighbourSelection.swift — which candidates become links: near ones, in different directions.
// Retrieval › Vectors.  arXiv:1603.09320, algorithm 4.

internal import Kernels

/// Chooses links for the nodes of one table.
struct NeighbourSelection {
    private let table: VectorTable
    private let kernels: KernelSet

    init(_ table: VectorTable, kernels: KernelSet) {
        self.table = table
        self.kernels = kernels
    }

    /// At most `limit` of the candidates: one is taken unless a taken one is at least as near to it as the base is.
    ///
    /// "At least" matters for duplicates: of vectors that are all the same only one is taken, and the other links lead
    /// out of the cluster.
    /// - Parameter candidates: with their scores to the base, best first.
    /// - Complexity: O(candidates · limit) products.
    func select(_ candidates: [RankedOrdinal], limit: Int) -> [RankedOrdinal] {
        if candidates.count <= 1 { return candidates }
        var taken: [RankedOrdinal] = []
        taken.reserveCapacity(limit)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limit) { ordinals in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: limit) { products in
                for candidate in candidates where taken.count < limit {
                    if isCovered(candidate, by: ordinals.baseAddress!, count: taken.count, products.baseAddress!) {
                        continue
                    }
                    ordinals[taken.count] = candidate.ordinal
                    taken.append(candidate)
                }
            }
        }
        return taken
    }

    /// Looks at the taken ones a few at a time: the nearest cover most candidates.
    @inline(__always)
    private func isCovered(
        _ candidate: RankedOrdinal, by ordinals: UnsafePointer<UInt32>, count: Int,
        _ products: UnsafeMutablePointer<Int32>
    ) -> Bool {
        let row = table.bytes_NW + Int(candidate.ordinal) * table.width
        let scale = table.scales_N[Int(candidate.ordinal)]
        let toBase = candidate.score
        var start = 0
        while start < count {
            let batch = min(8, count - start)
            dotProducts(
                ofBytes: row, with: table.bytes_NW, at: ordinals + start, count: batch, width: table.width,
                into: products, kernels: kernels)
            for index in 0..<batch {
                let score = Float(products[index]) * (table.scales_N[Int(ordinals[start + index])] * scale)
                if score >= toBase { return true }
            }
            start += batch
        }
        return false
    }

    /// The scores of a node to some others, in their order.
    func scores(of ordinal: UInt32, to others: UnsafePointer<UInt32>, count: Int) -> [RankedOrdinal] {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { products in
            dotProducts(
                ofBytes: table.bytes_NW + Int(ordinal) * table.width, with: table.bytes_NW, at: others, count: count,
                width: table.width, into: products.baseAddress!, kernels: kernels)
            let scale = table.scales_N[Int(ordinal)]
            return (0..<count).map { index in
                let score = Float(products[index]) * (table.scales_N[Int(others[index])] * scale)
                return RankedOrdinal(score: score, ordinal: others[index])
            }
        }
    }
}
