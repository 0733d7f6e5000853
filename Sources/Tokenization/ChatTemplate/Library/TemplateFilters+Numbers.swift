// TemplateFilters+Numbers.swift — filters on numbers.
// Tokenization › ChatTemplate › Library.

import Glibc

extension TemplateFilters {
    static let absolute: Filter = { (evaluator, value, _) throws(TemplateFault) in
        switch try evaluator.number(value, "abs()") {
        case .integer(let integer) where integer < 0: return try evaluator.negate(.integer(integer))
        case .float(let double): return .float(double.magnitude)
        case let number: return number
        }
    }

    /// Digits of a base, or a float cut off, or the default.
    static let int: Filter = { (_, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("int", ["default", "base"])
        let fallback = given[0] ?? .integer(0)
        let base = try given[1].integer("base", default: 10)
        if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
        if let integer = value.asInteger { return .integer(integer) }
        if let string = value.asString {
            if let integer = parseInteger(string, base: base) { return .integer(integer) }
            guard let double = parseFloat(string), let integer = Int(exactly: double.rounded(.towardZero)) else {
                return fallback
            }
            return .integer(integer)
        }
        guard let double = value.asDouble, let integer = Int(exactly: double.rounded(.towardZero)) else {
            return fallback
        }
        return .integer(integer)
    }

    static let float: Filter = { (_, value, arguments) throws(TemplateFault) in
        let fallback = try arguments.bound("float", ["default"])[0] ?? .float(0)
        if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
        if let double = value.asDouble { return .float(double) }
        return value.asString.flatMap(parseFloat).map { .float($0) } ?? fallback
    }

    /// Python's `int(text, base)`.
    private static func parseInteger(_ string: TemplateString, base: Int) -> Int? {
        var text = Substring(string.stripped(.both, of: nil).text)
        let sign = text.first == "-" ? "-" : ""
        if text.first == "-" || text.first == "+" { text = text.dropFirst() }
        var radix = base
        if let prefix = [("0x", 16), ("0o", 8), ("0b", 2)].first(where: { text.lowercased().hasPrefix($0.0) }),
            base == 0 || base == prefix.1
        {
            text = text.dropFirst(2)
            radix = prefix.1
        }
        if radix == 0 { radix = 10 }
        guard (2...36).contains(radix), let digits = withoutGroups(text), digits.first != "-", digits.first != "+"
        else {
            return nil
        }
        return Int(sign + digits, radix: radix)
    }

    /// Python's `float(text)`.
    private static func parseFloat(_ string: TemplateString) -> Double? {
        let text = string.stripped(.both, of: nil).text
        switch text.lowercased().drop(while: { $0 == "+" || $0 == "-" }) {
        case "inf", "infinity": return text.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        // Swift also reads hexadecimal floats, which Python does not.
        guard let digits = withoutGroups(text[...]), digits.allSatisfy({ "0123456789.eE+-".contains($0) }) else {
            return nil
        }
        return Double(digits.hasSuffix(".") ? digits + "0" : digits.hasPrefix(".") ? "0" + digits : digits)
    }

    /// `1_000` without its underscores, which must stand between digits.
    private static func withoutGroups(_ text: Substring) -> String? {
        if text.hasPrefix("_") || text.hasSuffix("_") || text.contains("__") { return nil }
        return text.filter { $0 != "_" }
    }

    static let round: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("round", ["precision", "method"])
        let precision = try given[0].integer("precision", default: 0)
        let method = try given[1].string("method")?.text ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw TemplateFault("method must be common, ceil or floor")
        }
        let number = try evaluator.number(value, "round()")
        guard let double = number.asDouble, (-300...300).contains(precision) else { return number }
        if method == "common" {
            // Rounding an integer keeps it one.
            if case .integer = number, precision >= 0 { return number }
            if precision < 0 {
                let scale = pow(10, Double(-precision))
                let rounded = (double / scale).rounded(.toNearestOrEven) * scale
                if case .integer = number, let integer = Int(exactly: rounded) { return .integer(integer) }
                return .float(rounded)
            }
            return .float(Double(CFormat.fixed(double, precision)) ?? double)
        }
        let scale = pow(10, Double(precision))
        let scaled = double * scale
        return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
    }
}
