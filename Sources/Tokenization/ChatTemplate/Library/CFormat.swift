// CFormat.swift — numbers in C's notation, exactly rounded by the C library.
// Tokenization › ChatTemplate › Library.

import Glibc

enum CFormat {
    /// Digits after the point that are ever asked for.
    static let maximumPrecision = 1000

    /// `%.{precision}f`
    static func fixed(_ value: Double, _ precision: Int) -> String { format("%.*f", precision, value) }

    /// One of `f e g F E G`, with the alternate form if asked for.
    static func format(_ letter: Character, _ value: Double, precision: Int, isAlternate: Bool = false) -> String {
        format("%" + (isAlternate ? "#" : "") + ".*" + String(letter), precision, value)
    }

    private static func format(_ format: String, _ precision: Int, _ value: Double) -> String {
        let precision = Int32(max(0, min(precision, maximumPrecision)))
        // A double has at most 309 digits before the point.
        var buffer = [CChar](repeating: 0, count: maximumPrecision + 400)
        let count = withVaList([precision, value]) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
