// Enumeration.swift — a source of chance that takes every path, one after another, and knows how likely each was.

import Base
import Engine
import Sampling

/// Randomness by cases. A uniform number is known only as the interval it lies in, at first [0, 1). Comparing it with a
/// bound inside the interval makes two cases, as likely as the parts are long; each is followed in turn. A number that
/// answers two questions carries what the first answer told about it into the second: dependence is not lost.
final class Enumeration: ChanceSource {
    fileprivate struct Cell: Hashable {
        let position: Int
        let purpose: NoisePurpose
    }

    struct Uniform: UniformNumber {
        fileprivate let cell: Cell
        fileprivate let enumeration: Enumeration
        func isBelow(_ bound: Rational) -> Bool { enumeration.isBelow(bound, cell) }
    }

    /// Which stream answers which question; the identity, unless a test shares streams on purpose.
    private let stream: (NoisePurpose) -> NoisePurpose
    /// The cases taken on this path; all but the last of them are yet to be seen on the other side too, if true.
    private var cases: [Bool] = []
    private var caseCount = 0
    private var likelihood = Rational.one
    private var intervals: [Cell: (low: Rational, high: Rational)] = [:]

    private init(stream: @escaping (NoisePurpose) -> NoisePurpose) { self.stream = stream }

    /// Runs `body` once for every path and adds up how likely each outcome is.
    static func law<Outcome: Hashable>(
        stream: @escaping (NoisePurpose) -> NoisePurpose = { $0 }, of body: (Enumeration) -> Outcome
    ) -> [Outcome: Rational] {
        let enumeration = Enumeration(stream: stream)
        var law: [Outcome: Rational] = [:]
        repeat {
            enumeration.caseCount = 0
            enumeration.likelihood = .one
            enumeration.intervals = [:]
            let outcome = body(enumeration)
            law[outcome] = (law[outcome] ?? .zero) + enumeration.likelihood
        } while enumeration.moveToNextPath()
        return law
    }

    private func moveToNextPath() -> Bool {
        while let last = cases.popLast() {
            guard last else { continue }
            cases.append(false)
            return true
        }
        return false
    }

    func uniform(position: Int, purpose: NoisePurpose) -> Uniform {
        Uniform(cell: Cell(position: position, purpose: stream(purpose)), enumeration: self)
    }

    private func isBelow(_ bound: Rational, _ cell: Cell) -> Bool {
        let (low, high) = intervals[cell] ?? (.zero, .one)
        if bound >= high { return true }
        if bound <= low { return false }
        if caseCount == cases.count { cases.append(true) }
        let isBelow = cases[caseCount]
        caseCount += 1
        likelihood = likelihood * ((isBelow ? bound - low : high - bound) / (high - low))
        intervals[cell] = isBelow ? (low, bound) : (bound, high)
        return isBelow
    }
}
