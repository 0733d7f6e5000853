// Pooling.swift — from the rows of a text's tokens to the one vector of the text.
// Transformer › Encoder.  Reimers and Gurevych 2019, arXiv:1908.10084.

package import Kernels

/// Which rows of a text make its vector.
package enum Pooling: String, Sendable {
    /// The mean of all of them, special tokens included.
    case mean
    /// The first one, which stands on `[CLS]`.
    case firstToken

    /// The vector of one text, of length 1, so that a dot product of two is their cosine. Zero for a text whose mean
    /// is zero.
    /// - Parameter hidden_TD: the text's rows, at least one.
    package func vector(of hidden_TD: MatrixView) -> [Float] {
        precondition(hidden_TD.rows > 0, "a text without tokens has no vector")
        let first = UnsafeBufferPointer(start: hidden_TD.row(0), count: hidden_TD.columns)
        var vector = Array(first)
        if self == .mean {
            for index in 1..<max(hidden_TD.rows, 1) {
                let row = hidden_TD.row(index)
                for column in vector.indices { vector[column] += row[column] }
            }
            // Dividing by the count would only change the length, which is made 1 below.
        }
        return Self.normalized(vector)
    }

    /// Euclidean length 1. The sum of squares is taken upward in f64.
    private static func normalized(_ vector: [Float]) -> [Float] {
        let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard squares > 0 else { return vector }
        let scale = 1 / squares.squareRoot()
        return vector.map { Float(Double($0) * scale) }
    }
}
