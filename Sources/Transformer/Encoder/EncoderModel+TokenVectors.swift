// EncoderModel+TokenVectors.swift — a text as one vector for every token.
// Transformer › Encoder.  For late interaction: Khattab and Zaharia 2020, arXiv:2004.12832.

import Kernels

extension EncoderModel {
    /// The last layer's rows of one text, each of length 1, special tokens included: [T, D], one row after the other.
    ///
    /// - Precondition: the input has 1 ... `maxPositionCount` tokens of the vocabulary.
    package func tokenVectors(_ input: EncoderInput) -> [Float] {
        let D = configuration.modelWidth
        var rows_TD: [Float] = []
        forEachPass([input]) { hidden_TD, _ in
            rows_TD.reserveCapacity(hidden_TD.rows * D)
            for index in 0..<hidden_TD.rows {
                let row = UnsafeBufferPointer(start: hidden_TD.readOnly.row(index), count: D)
                let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
                rows_TD.append(contentsOf: row.map { length > 0 ? $0 / length : 0 })
            }
        }
        return rows_TD
    }
}
