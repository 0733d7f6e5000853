// Rational.swift — fractions without rounding, for proofs by enumeration.

import Sampling

/// A fraction in lowest terms. Arithmetic that does not fit traps: a proof must not be wrong quietly.
struct Rational: ProbabilityNumber, CustomStringConvertible {
    let numerator: Int128
    /// Positive.
    let denominator: Int128

    init(_ numerator: Int128, _ denominator: Int128 = 1) {
        precondition(denominator != 0, "a fraction over nothing")
        let divisor = Self.commonDivisor(numerator.magnitude, denominator.magnitude)
        let sign: Int128 = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / Int128(divisor)
        self.denominator = sign * denominator / Int128(divisor)
    }

    static var zero: Rational { Rational(0) }
    static var one: Rational { Rational(1) }

    static func + (left: Rational, right: Rational) -> Rational {
        // Over the least common denominator, which keeps the numbers small.
        let divisor = Int128(commonDivisor(left.denominator.magnitude, right.denominator.magnitude))
        return Rational(
            left.numerator * (right.denominator / divisor) + right.numerator * (left.denominator / divisor),
            left.denominator / divisor * right.denominator)
    }

    static func - (left: Rational, right: Rational) -> Rational {
        left + Rational(-right.numerator, right.denominator)
    }

    static func * (left: Rational, right: Rational) -> Rational {
        // Crosswise first, for the same reason.
        let a = Rational(left.numerator, right.denominator)
        let b = Rational(right.numerator, left.denominator)
        return Rational(a.numerator * b.numerator, a.denominator * b.denominator)
    }

    static func / (left: Rational, right: Rational) -> Rational {
        left * Rational(right.denominator, right.numerator)
    }

    static func < (left: Rational, right: Rational) -> Bool { (left - right).numerator < 0 }

    var description: String { "\(numerator)/\(denominator)" }

    private static func commonDivisor(_ first: UInt128, _ second: UInt128) -> UInt128 {
        var (a, b) = (first, second)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
