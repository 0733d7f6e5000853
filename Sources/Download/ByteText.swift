// ByteText.swift — a number of bytes as people read it.
// Download.

package enum ByteText {
    /// Three digits in powers of 1000: `999 B`, `1.23 MB`, `45.6 GB`. Rounded down, so that nothing seems done early.
    package static func text(_ count: Int) -> String {
        if count < 1000 { return "\(count) B" }
        var unit = 1000
        var names = ["kB", "MB", "GB", "TB", "PB", "EB"][...]
        while count / unit >= 1000, names.count > 1 {
            unit *= 1000
            names = names.dropFirst()
        }
        let whole = count / unit
        let rest = count % unit
        switch whole {
        case ..<10: return "\(whole).\(padded(rest / (unit / 100))) \(names.first!)"
        case ..<100: return "\(whole).\(rest / (unit / 10)) \(names.first!)"
        default: return "\(whole) \(names.first!)"
        }
    }

    private static func padded(_ hundredths: Int) -> String { hundredths < 10 ? "0\(hundredths)" : "\(hundredths)" }
}
