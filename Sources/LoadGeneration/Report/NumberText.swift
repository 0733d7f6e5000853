// NumberText.swift — numbers for axes and tables: three significant digits, no more than that.
// LoadGeneration › Report.

import Glibc

package enum NumberText {
    /// `12.3`, `0.00123`; from a hundred up, whole numbers.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let magnitude = abs(value)
        if magnitude == 0 { return "0" }
        if magnitude >= 100 { return String(Int(min(max(value, -1e15), 1e15).rounded())) }
        return trimmed(value, decimals: min(9, 2 - Int(floor(log10(magnitude)))))
    }

    /// A coordinate: a tenth of a pixel is enough.
    static func coordinate(_ value: Double) -> String { trimmed(value, decimals: 1) }

    /// Fixed decimals without the zeros at the end.
    private static func trimmed(_ value: Double, decimals: Int) -> String {
        let scale = pow(10, Double(decimals))
        let scaled = Int((abs(value) * scale).rounded())
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        var text = "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return value < 0 && text != "0" ? "-" + text : text
    }
}
