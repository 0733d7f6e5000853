// CheckedArithmetic.swift — sizes that came from a file, multiplied and added without wrapping or trapping.
// Base › Bytes.

/// The product of factors that must not be negative; nil on overflow or a negative factor. 1 for no factors.
package func checkedProduct(_ factors: [Int]) -> Int? {
    var product = 1
    var hasZero = false
    for factor in factors {
        guard factor >= 0 else { return nil }
        // A zero makes the product zero, but must not hide an overflow behind the order of the factors.
        if factor == 0 {
            hasZero = true
            continue
        }
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        product = next
    }
    return hasZero ? 0 : product
}

/// `offset ..< offset + count` if both are non-negative and the end does not pass `limit`.
package func checkedRange(offset: Int, count: Int, limit: Int) -> Range<Int>? {
    guard offset >= 0, count >= 0, offset <= limit, count <= limit - offset else { return nil }
    return offset..<offset + count
}
