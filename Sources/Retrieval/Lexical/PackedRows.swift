// PackedRows.swift — up to 128 small numbers in as few bits as the largest needs.
// Retrieval › Lexical.  Four lanes side by side, number i in lane i % 4, so that four are unpacked at a time
// (SIMD-BP128: Lemire and Boytsov 2015, arXiv:1209.2137).

enum PackedRows {
    typealias Row = SIMD4<UInt32>

    /// Sixteen-byte words that `rows` rows of `bits` bits take.
    static func wordCount(rows: Int, bits: Int) -> Int { (rows * bits + 31) / 32 }

    /// Appends the packed rows.
    static func pack(_ rows: [Row], bits: Int, to words: inout [Row]) {
        guard bits > 0 else { return }
        let first = words.count
        words.append(contentsOf: repeatElement(.zero, count: wordCount(rows: rows.count, bits: bits)))
        for (index, row) in rows.enumerated() {
            let position = index * bits
            let shift = UInt32(position % 32)
            words[first + position / 32] |= row &<< Row(repeating: shift)
            if Int(shift) + bits > 32 {
                words[first + position / 32 + 1] |= row &>> Row(repeating: 32 - shift)
            }
        }
    }

    /// Unpacks `rows` rows. One word past the packed ones is read and must be readable.
    @inline(__always)
    static func unpack(
        _ words: UnsafePointer<Row>, rows: Int, bits: Int, into out: UnsafeMutablePointer<Row>
    ) {
        let mask = Row(repeating: bits == 32 ? .max : (1 << UInt32(bits)) - 1)
        let width = UInt32(bits)
        var shift: UInt32 = 0
        var next = words
        var word = next.pointee
        for row in 0..<rows {
            var value = word &>> Row(repeating: shift)
            shift += width
            if shift >= 32 {
                shift -= 32
                next += 1
                word = next.pointee
                if shift > 0 { value |= word &<< Row(repeating: width - shift) }
            }
            out[row] = value & mask
        }
    }
}
