// ChiSquare.swift — do these counts come from that law?
// TestSupport.

/// Pearson's χ² of observed counts against probabilities; cells that may not occur must be empty.
package func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> (statistic: Double, degreesOfFreedom: Int) {
    let total = Double(counts.reduce(0, +))
    var statistic = 0.0
    var cells = 0
    for (count, probability) in zip(counts, probabilities) {
        if probability == 0 {
            if count > 0 { return (.infinity, 1) }
            continue
        }
        let expected = probability * total
        statistic += (Double(count) - expected) * (Double(count) - expected) / expected
        cells += 1
    }
    return (statistic, cells - 1)
}

/// The χ² value that a true null exceeds about once in a million draws (Wilson–Hilferty).
package func chiSquareLimit(_ degreesOfFreedom: Int) -> Double {
    let degrees = Double(degreesOfFreedom)
    let term = 1 - 2 / (9 * degrees) + 4.75 * (2 / (9 * degrees)).squareRoot()
    return degrees * term * term * term
}
