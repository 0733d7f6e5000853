// JSONNumber.swift — the text of a number to an exact integer or the nearest double.
// Base › JSON.  Conversion happens when a value is read: most numbers of a request are looked at once or never.

enum JSONNumber {
    /// The correctly rounded double; nil if the magnitude is beyond its range.
    static func double(_ text: ArraySlice<UInt8>) -> Double? {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// The exact integer, computed in integers: `9007199254740993` must not pass through a double.
    ///
    /// Reads the text as digits × 10^exponent, drops trailing zeros of the digits, and accepts exponent ≥ 0.
    static func integer(_ text: ArraySlice<UInt8>) -> Int? {
        // 0. Nearly every number is a few digits; eighteen cannot overflow.
        if text.count <= 18, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        var text = text
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { text = text.dropFirst() }

        // 1. Split off the written exponent. Longer than six digits means zero or out of range either way,
        //    as a number's text is bounded.
        var exponent = 0
        var digits = text
        if let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            digits = text[..<mark]
            let written = text[text.index(after: mark)...]
            let magnitude = written.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
                .drop { $0 == UInt8(ascii: "0") }
            let value = magnitude.count > 6 ? 999_999 : magnitude.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            exponent = written.first == UInt8(ascii: "-") ? -value : value
        }
        // 2. Digits after the point lower the exponent; zeros at the end raise it.
        var significant = digits.filter { $0 != UInt8(ascii: ".") }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) { exponent -= digits.endIndex - point - 1 }
        while significant.last == UInt8(ascii: "0") {
            significant.removeLast()
            exponent += 1
        }
        guard !significant.isEmpty else { return 0 }
        guard exponent >= 0 else { return nil }

        // 3. Accumulate downwards, so that Int.min is reachable.
        var value = 0
        func shift(adding digit: Int) -> Bool {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.subtractingReportingOverflow(digit)
            value = sum
            return !overflow && !overflow2
        }
        for byte in significant where !shift(adding: Int(byte - UInt8(ascii: "0"))) { return nil }
        for _ in 0..<exponent where !shift(adding: 0) { return nil }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
