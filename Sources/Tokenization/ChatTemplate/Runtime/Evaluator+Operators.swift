// Evaluator+Operators.swift — arithmetic, comparison, membership.
// Tokenization › ChatTemplate › Runtime.  Python's rules, except that integers are 64 bits: overflow is an error.

import Glibc

extension Evaluator {
    func binary(_ symbol: BinaryOperator, _ left: Value, _ right: Value) throws(TemplateFault) -> Value {
        if case .undefined(let undefined) = left { throw TemplateFault(undefined.message) }
        // "%" formats strings, and what it formats may be undefined.
        if symbol == .remainder, case .string(let format) = left {
            return .string(try PercentFormat.format(format, right, self))
        }
        if case .undefined(let undefined) = right { throw TemplateFault(undefined.message) }
        if let a = left.asInteger, let b = right.asInteger { return try integers(symbol, a, b) }
        if let a = left.asDouble, let b = right.asDouble { return .float(try doubles(symbol, a, b)) }
        switch (symbol, left, right) {
        case (.add, .string(let a), .string(let b)): return .string(try add(a, b))
        case (.add, .list(let a), .list(let b)) where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
            try spend(a.elements.count + b.elements.count)
            return try .sequence(a.elements + b.elements, a.kind)
        case (.multiply, .string(let text), let count), (.multiply, let count, .string(let text)):
            guard let count = count.asInteger else { break }
            let (length, overflow) = text.count.multipliedReportingOverflow(by: max(0, count))
            try spend(characters: overflow ? .max : length)
            return .string(
                TemplateString(repeatElement(text.characters, count: max(0, count)).joined(), isMarkup: text.isMarkup))
        case (.multiply, .list(let list), let count), (.multiply, let count, .list(let list)):
            guard let count = count.asInteger, list.kind == .list || list.kind == .tuple else { break }
            let (length, overflow) = list.elements.count.multipliedReportingOverflow(by: max(0, count))
            try spend(characters: overflow ? .max : length)
            try spend(length)
            return try .sequence(Array(repeatElement(list.elements, count: max(0, count)).joined()), list.kind)
        case (.add, .string, _):
            throw TemplateFault("can only concatenate str (not \"\(right.typeName)\") to str")
        case (.add, .list(let list), _) where list.kind == .list || list.kind == .tuple:
            throw TemplateFault(
                "can only concatenate \(left.typeName) (not \"\(right.typeName)\") to \(left.typeName)")
        default: break
        }
        throw TemplateFault(
            "unsupported operand type(s) for \(symbol.rawValue): '\(left.typeName)' and '\(right.typeName)'")
    }

    /// If one of the two is safe markup, the other is escaped.
    private func add(_ left: TemplateString, _ right: TemplateString) throws(TemplateFault) -> TemplateString {
        try spend(characters: left.count + right.count)
        if !left.isMarkup && !right.isMarkup { return TemplateString(left.characters + right.characters) }
        return TemplateString(left.escapedForMarkup.characters + right.escapedForMarkup.characters, isMarkup: true)
    }

    private func integers(_ symbol: BinaryOperator, _ a: Int, _ b: Int) throws(TemplateFault) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch symbol {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide: return .float(try doubles(.divide, Double(a), Double(b)))
        case .floorDivide, .remainder:
            guard b != 0 else { throw TemplateFault("integer division or modulo by zero") }
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            let (remainder, _) = a.remainderReportingOverflow(dividingBy: b)
            // Python rounds towards minus infinity, and the remainder has the divisor's sign.
            let isAdjusted = remainder != 0 && (remainder < 0) != (b < 0)
            result =
                symbol == .remainder
                ? (isAdjusted ? remainder + b : remainder, false) : (isAdjusted ? quotient - 1 : quotient, overflow)
        case .power:
            if b < 0 { return .float(try doubles(.power, Double(a), Double(b))) }
            result = try power(a, b)
        }
        guard !result.overflow else { throw TemplateFault("the result of \(symbol.rawValue) is too large an integer") }
        return .integer(result.partialValue)
    }

    private func power(_ base: Int, _ exponent: Int) throws(TemplateFault) -> (partialValue: Int, overflow: Bool) {
        if base == 0 || base == 1 { return (exponent == 0 ? 1 : base, false) }
        if base == -1 { return (exponent % 2 == 0 ? 1 : -1, false) }
        // Any other base overflows within 63 steps.
        var result = (partialValue: 1, overflow: false)
        for _ in 0..<min(exponent, 64) where !result.overflow {
            result = result.partialValue.multipliedReportingOverflow(by: base)
        }
        return result
    }

    private func doubles(_ symbol: BinaryOperator, _ a: Double, _ b: Double) throws(TemplateFault) -> Double {
        switch symbol {
        case .add: return a + b
        case .subtract: return a - b
        case .multiply: return a * b
        case .power:
            if a == 0 && b < 0 { throw TemplateFault("0.0 cannot be raised to a negative power") }
            return pow(a, b)
        case .divide, .floorDivide, .remainder:
            guard b != 0 else { throw TemplateFault("division by zero") }
            if symbol == .divide { return a / b }
            var remainder = fmod(a, b)
            if remainder != 0 && (remainder < 0) != (b < 0) { remainder += b }
            return symbol == .remainder ? remainder : ((a - remainder) / b).rounded()
        }
    }

    func negate(_ value: Value) throws(TemplateFault) -> Value {
        switch try number(value, "unary -") {
        case .integer(let integer):
            let (negative, overflow) = 0.subtractingReportingOverflow(integer)
            guard !overflow else { throw TemplateFault("the result of - is too large an integer") }
            return .integer(negative)
        case .float(let double): return .float(-double)
        default: return value
        }
    }

    func number(_ value: Value, _ what: String) throws(TemplateFault) -> Value {
        if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
        if let integer = value.asInteger { return .integer(integer) }
        if case .float = value { return value }
        throw TemplateFault("bad operand type for \(what): '\(value.typeName)'")
    }

    // MARK: - Comparison

    func compare(_ comparison: Comparison, _ left: Value, _ right: Value) throws(TemplateFault) -> Bool {
        try spend(comparing: left, right)
        return switch comparison {
        case .equal: left.equals(right)
        case .notEqual: !left.equals(right)
        case .less: try left.isLess(than: right, "<")
        case .greater: try right.isLess(than: left, ">")
        case .lessOrEqual: isOrdered(left) && left.equals(right) ? true : try left.isLess(than: right, "<=")
        case .greaterOrEqual: isOrdered(left) && left.equals(right) ? true : try right.isLess(than: left, ">=")
        case .contained: try contains(right, left)
        case .notContained: try !contains(right, left)
        }
    }

    private func isOrdered(_ value: Value) -> Bool {
        switch value {
        case .boolean, .integer, .float, .string, .list: true
        default: false
        }
    }

    /// `needle in container`
    func contains(_ container: Value, _ needle: Value) throws(TemplateFault) -> Bool {
        switch container {
        case .string(let text):
            guard let part = needle.asString else {
                if case .undefined(let undefined) = needle { throw TemplateFault(undefined.message) }
                throw TemplateFault("'in <string>' requires string as left operand, not \(needle.typeName)")
            }
            try spend(text.count / 16)
            return text.firstIndex(of: part) != nil
        case .mapping(let mapping):
            return try value(for: needle, in: mapping) != nil
        case .list(let list):
            for element in list.elements {
                try spend(comparing: element, needle)
                if element.equals(needle) { return true }
            }
            return false
        case .undefined: return false
        case .iterator(let iterator):
            while let value = try iterator.next() {
                try spend(comparing: value, needle)
                if value.equals(needle) { return true }
            }
            return false
        case .null, .boolean, .integer, .float, .namespace, .loop, .function:
            throw TemplateFault("argument of type '\(container.typeName)' is not iterable")
        }
    }
}
