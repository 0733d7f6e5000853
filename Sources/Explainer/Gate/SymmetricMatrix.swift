// SymmetricMatrix.swift — sums of outer products, and the solution of a small system of equations.
// Explainer › Gate.

/// A positive definite matrix, row after row; only the lower half is kept up.
struct SymmetricMatrix {
    private let size: Int
    private var values: [Double]

    /// - Parameter diagonal: above 0, so that there is a solution whatever is added.
    init(size: Int, diagonal: Double) {
        self.size = size
        values = [Double](repeating: 0, count: size * size)
        for index in 0..<size { values[index * size + index] = diagonal }
    }

    /// Adds `factor · row · rowᵀ`.
    mutating func add(_ row: [Double], times factor: Double) {
        for i in 0..<size {
            let scaled = factor * row[i]
            for j in 0...i { values[i * size + j] += scaled * row[j] }
        }
    }

    /// The x of `self · x = right`, by Cholesky's decomposition.
    /// - Complexity: O(size³).
    func solve(_ right: [Double]) -> [Double] {
        var lower = values
        for i in 0..<size {
            for j in 0...i {
                var sum = lower[i * size + j]
                for k in 0..<j { sum -= lower[i * size + k] * lower[j * size + k] }
                lower[i * size + j] = i == j ? max(sum, 1e-12).squareRoot() : sum / lower[j * size + j]
            }
        }
        var x = right
        for i in 0..<size {
            for k in 0..<i { x[i] -= lower[i * size + k] * x[k] }
            x[i] /= lower[i * size + i]
        }
        for i in (0..<size).reversed() {
            for k in i + 1..<size { x[i] -= lower[k * size + i] * x[k] }
            x[i] /= lower[i * size + i]
        }
        return x
    }
}
