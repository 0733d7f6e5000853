// Axis.swift — from values to pixels, with round numbers where the grid lines go.
// LoadGeneration › Report.

import Glibc

struct Axis {
    let title: String
    let isLogarithmic: Bool
    private(set) var low: Double
    private(set) var high: Double
    /// False where only the order counts.
    var showsValues = true
    /// The pixels of `low` and `high`; a vertical axis has them the other way round.
    var start = 0.0
    var end = 1.0

    /// From zero to just this.
    init(_ title: String, upTo high: Double) {
        self.title = title
        isLogarithmic = false
        low = 0
        self.high = high
    }

    /// Wide enough for `values`; those that a logarithm cannot take are left out.
    init(_ title: String, _ values: [Double], isLogarithmic: Bool = false) {
        self.title = title
        self.isLogarithmic = isLogarithmic
        let usable = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
        let most = usable.max() ?? 1
        if isLogarithmic {
            let least = usable.min() ?? most
            // Equal values still need a width.
            low = least / 1.1
            high = max(most * 1.1, low * 2)
        } else {
            low = 0
            high = most > 0 ? most * 1.05 : 1
        }
    }

    func pixel(_ value: Double) -> Double {
        let clamped = min(max(value, low), high)
        let share = isLogarithmic ? log(clamped / low) / log(high / low) : (clamped - low) / (high - low)
        return start + share * (end - start)
    }

    /// Round values within the range, four to nine of them where that can be.
    var ticks: [Double] {
        isLogarithmic ? logarithmicTicks : linearTicks
    }

    private var linearTicks: [Double] {
        let rough = (high - low) / 5
        let decade = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 5, 10].first { $0 * decade >= rough } ?? 10
        return (0...10).map { Double($0) * step * decade }.filter { $0 <= high * 1.000_001 }
    }

    private var logarithmicTicks: [Double] {
        let decades = log10(high / low)
        let steps: [Double] = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5]
        let first = Int(floor(log10(low)))
        let last = Int(ceil(log10(high)))
        return (first...max(first, last)).flatMap { exponent in steps.map { $0 * pow(10, Double(exponent)) } }
            .filter { $0 >= low && $0 <= high }
    }
}
