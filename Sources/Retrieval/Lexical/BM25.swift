// BM25.swift — what a term in a text is worth.
// Retrieval › Lexical.  Robertson and Zaragoza 2009; the variant of Lucene: no factor (k1 + 1), idf never negative.

internal import Glibc

/// The two constants of BM25.
package struct BM25Parameters: Sendable, Equatable {
    /// How soon more occurrences stop counting.
    package var k1: Float = 1.2
    /// How much long texts are discounted: 0 not at all, 1 in proportion.
    package var b: Float = 0.75

    package init() {}
}

/// Exact statistics over the chunks that are alive.
package struct LexicalStatistics: Sendable, Equatable {
    package var chunkCount = 0
    /// Terms of all chunks.
    package var totalLength = 0

    package init(chunkCount: Int = 0, totalLength: Int = 0) {
        self.chunkCount = chunkCount
        self.totalLength = totalLength
    }

    package var averageLength: Double { chunkCount > 0 ? Double(totalLength) / Double(chunkCount) : 1 }

    /// ln(1 + (N − df + ½) / (df + ½)).
    func inverseDocumentFrequency(_ documentFrequency: Int) -> Double {
        let frequency = Double(documentFrequency)
        return log(1 + max(0, Double(chunkCount) - frequency + 0.5) / (frequency + 0.5))
    }
}

/// A term's part of a score, written as Lucene writes it:
///
///     x = tf / (k1 · (1 − b + b · length / average))        score = weight − weight / (1 + x)
///
/// Every step is monotone in tf and in the length, rounding included: a bound computed from a block's largest tf and
/// least length holds to the last bit, which is what lets a search skip blocks and still return exactly what scoring
/// everything returns.
///
/// Sums do not depend on their order either. A weight is at least 2⁻¹⁶, so each part is a multiple of 2⁻⁴¹ (a part
/// from weight/2 up is rounded at half an ulp of the weight; below, the subtraction is exact), and sums below 2¹² of
/// such numbers fit the 53 bits of a Double. `QueryTerms` keeps sums below 2¹².
///
/// `@unchecked Sendable`: the table is written by `init` only.
final class TermScoring: @unchecked Sendable {
    /// For loops; valid while the object lives.
    let norms: InverseNorms
    private let table: UnsafeMutablePointer<Float>

    init(_ parameters: BM25Parameters, averageLength: Double, longest: Int) {
        table = .allocate(capacity: longest + 1)
        norms = InverseNorms(
            parameters: parameters, average: Float(averageLength > 0 ? averageLength : 1), table: UnsafePointer(table),
            longest: longest)
        for length in 0...longest { (table + length).initialize(to: norms.computed(length)) }
    }

    deinit { table.deallocate() }

    static let leastWeight: Float = 0x1p-16

    @inline(__always)
    func inverseNorm(_ length: Int) -> Float { norms[length] }

    @inline(__always)
    static func score(weight: Float, saturation: Float) -> Float { weight - weight / (1 + saturation) }
}

/// The factor of x for each length: `1 / (k1 · (1 − b + b · length / average))`.
struct InverseNorms {
    fileprivate let parameters: BM25Parameters
    fileprivate let average: Float
    /// Of the lengths up to `longest`.
    fileprivate let table: UnsafePointer<Float>
    fileprivate let longest: Int

    fileprivate init(parameters: BM25Parameters, average: Float, table: UnsafePointer<Float>, longest: Int) {
        self.parameters = parameters
        self.average = average
        self.table = table
        self.longest = longest
    }

    @inline(__always)
    subscript(length: Int) -> Float { length <= longest ? table[length] : computed(length) }

    fileprivate func computed(_ length: Int) -> Float {
        1 / (parameters.k1 * ((1 - parameters.b) + parameters.b * (Float(length) / average)))
    }
}
