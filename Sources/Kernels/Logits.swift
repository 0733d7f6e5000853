// Logits.swift — what sampling needs of one row of logits.
// Kernels.  A NaN counts as −∞ everywhere: it never wins and weighs nothing.  Sums are taken in one fixed order, in
// f64: lane l adds the terms l, l + lanes, l + 2·lanes, …, then the lanes are added upward.

internal import CKernels

/// The index of the largest logit, the lowest among equals; 0 when all are −∞ or NaN.
///
/// - Precondition: `count > 0`.
package func argmax(_ logits_V: UnsafePointer<Float>, count: Int, kernels: KernelSet = .best) -> Int {
    precondition(count > 0 && count <= Int(Int32.max), "\(count) logits")
    var arguments = ck_logits(
        logits: logits_V, output: nil, count: count, maximum: 0, inverse_temperature: 0)
    return kernels.table.argmax(&arguments)
}

/// The largest logit; −∞ when all are −∞ or NaN.
package func maximum(_ logits_V: UnsafePointer<Float>, count: Int, kernels: KernelSet = .best) -> Float {
    let largest = logits_V[argmax(logits_V, count: count, kernels: kernels)]
    return largest.isNaN ? -.infinity : largest
}

/// `Σ exp((logit − maximum) · inverseTemperature)`, exponentials in f32, the sum in f64.
///
/// With `maximum` the row's own the sum lies between 1 and `count`.
package func sumOfExponentials(
    _ logits_V: UnsafePointer<Float>, count: Int, subtracting maximum: Float, inverseTemperature: Float = 1,
    kernels: KernelSet = .best
) -> Double {
    var arguments = ck_logits(
        logits: logits_V, output: nil, count: count, maximum: maximum, inverse_temperature: inverseTemperature)
    return kernels.table.sum_of_exponentials(&arguments)
}

/// Writes `exp((logit − maximum) · inverseTemperature)` for every logit and returns their sum: dividing by it gives
/// the softmax. Output may be the logits themselves.
package func exponentials(
    _ logits_V: UnsafePointer<Float>, count: Int, subtracting maximum: Float, inverseTemperature: Float = 1,
    into output_V: UnsafeMutablePointer<Float>, kernels: KernelSet = .best
) -> Double {
    var arguments = ck_logits(
        logits: logits_V, output: output_V, count: count, maximum: maximum, inverse_temperature: inverseTemperature)
    return kernels.table.exponentials(&arguments)
}

/// The probabilities of a row of logits at a temperature, summing to 1 within rounding. Output may be the logits.
///
/// A row without any finite logit gives NaN.
package func softmax(
    _ logits_V: UnsafePointer<Float>, count: Int, inverseTemperature: Float = 1,
    into output_V: UnsafeMutablePointer<Float>, kernels: KernelSet = .best
) {
    let maximum = maximum(logits_V, count: count, kernels: kernels)
    let sum = exponentials(
        logits_V, count: count, subtracting: maximum, inverseTemperature: inverseTemperature, into: output_V,
        kernels: kernels)
    let share = Float(1 / sum)
    for token in 0..<count { output_V[token] *= share }
}

/// `e^x` of every number, within one unit in the last place (two in the portable version). Output may be the input.
package func exp(
    _ input: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>, kernels: KernelSet = .best
) {
    kernels.table.exp_array(input, output, count)
}
