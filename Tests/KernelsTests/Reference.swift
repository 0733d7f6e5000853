// Reference.swift — the C library's f64 functions under names that cannot be mistaken for ours.

import Glibc

func exponential(_ x: Double) -> Double { Glibc.exp(x) }
func cosine(_ x: Double) -> Double { Glibc.cos(x) }
func hyperbolicTangent(_ x: Double) -> Double { Glibc.tanh(x) }
func sine(_ x: Double) -> Double { Glibc.sin(x) }

/// The distance of `found` from the true value in units of the last place that f32 has there.
func unitsInTheLastPlace(_ found: Float, _ exact: Double) -> Double {
    let unit = max(Double(Float(exact).ulp), Double(Float.leastNonzeroMagnitude))
    return abs(Double(found) - exact) / unit
}
