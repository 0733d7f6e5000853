// KernelSet.swift — which instruction set computes: AVX-512 with or without AMX, AVX2 with FMA, or portable C.
// Kernels.  An explicit value that a ThreadPool carries, not a global: tests run all of them side by side in one
// process, and the bits of a result belong to the set that computed it.

internal import CKernels

/// One version of all the kernels. Within a version results are equal to the bit; across versions to rounding, but for
/// `amx`, which has the bits of `avx512` where weights are not F16 or BF16.
package enum KernelSet: Int32, Sendable, CaseIterable, CustomStringConvertible {
    case portable = 0
    case avx2 = 1
    case avx512 = 2
    /// AVX-512, and AMX for integer products of 16 rows and more and for products with F16 and BF16 weights.
    case amx = 3

    /// Every version that this CPU and operating system run, the fastest first; the portable one is always there.
    package static let available: [KernelSet] = allCases.reversed().filter { ck_table_for($0.rawValue) != nil }

    /// The fastest version, chosen once.
    package static let best: KernelSet = available[0]

    /// The version with this name if the CPU runs it, for a setting or a test that forces one.
    package static func named(_ name: String) -> KernelSet? { available.first { $0.description == name } }

    package var description: String {
        switch self {
        case .portable: "portable"
        case .avx2: "avx2"
        case .avx512: "avx512"
        case .amx: "amx"
        }
    }

    /// Whether a packed product takes its input as `RoundedRows`: in 8 bits where weights are integers, in bf16 where
    /// this version multiplies F16 and BF16 weights so.
    /// - Parameter columns: inputs of the product, K.
    package func takesRoundedRows(_ elementType: ElementType, columns: Int) -> Bool {
        elementType.hasIntegerPanels || elementType.fitsBFloat16 && columns % 32 == 0 && table.bf16_panels != nil
    }

    /// Numbers in one vector: part of the order of sums (Linear.swift).
    package var laneCount: Int { Int(table.lanes) }

    /// The C functions.
    /// - Precondition: the CPU runs this version.
    var table: ck_table {
        guard let pointer = ck_table_for(rawValue) else { preconditionFailure("this CPU cannot run \(self) kernels") }
        return pointer.pointee
    }
}
