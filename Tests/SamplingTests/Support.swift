// Support.swift — what the sampler's suites share.

import Base
import Glibc
import Sampling

/// One draw from a copy of `logits`.
func choose(
    _ logits: [Float], _ parameters: SamplingParameters, position: Int = 0, history: TokenHistory = TokenHistory(),
    constraint: (any TokenConstraint)? = nil
) -> TokenID? {
    var pipeline = LogitsPipeline(vocabularySize: logits.count)
    return choose(logits, parameters, position: position, history: history, constraint: constraint, &pipeline)
}

func choose(
    _ logits: [Float], _ parameters: SamplingParameters, position: Int = 0, history: TokenHistory = TokenHistory(),
    constraint: (any TokenConstraint)? = nil, _ pipeline: inout LogitsPipeline
) -> TokenID? {
    var copy = logits
    var constraint = constraint
    return unsafe copy.withUnsafeMutableBufferPointer {
        unsafe pipeline.choose(
            $0, position: position, parameters: parameters, history: history, constraint: &constraint)
    }
}

/// The distribution the pipeline should draw from, worked out the plain way: sort everything, in double.
func referenceDistribution(_ logits: [Float], _ parameters: SamplingParameters) -> [Double] {
    var order = logits.indices.filter { logits[$0].isFinite }
    let scaled = logits.map { Double($0 / parameters.temperature) }
    order.sort { scaled[$0] != scaled[$1] ? scaled[$0] > scaled[$1] : $0 < $1 }
    guard let first = order.first else { return [Double](repeating: 0, count: logits.count) }
    func weight(_ index: Int) -> Double { exponentialOf(scaled[index] - scaled[first]) }
    if parameters.minP > 0 { order.removeAll { weight($0) < Double(parameters.minP) } }
    if parameters.topK > 0 { order = Array(order.prefix(parameters.topK)) }
    let total = order.reduce(0) { $0 + weight($1) }
    if parameters.topP < 1 {
        var kept = 0.0
        var count = 0
        while count < order.count, kept < Double(parameters.topP) * total {
            kept += weight(order[count])
            count += 1
        }
        order = Array(order.prefix(count))
    }
    let keptTotal = order.reduce(0) { $0 + weight($1) }
    var result = [Double](repeating: 0, count: logits.count)
    for index in order { result[index] = weight(index) / keptTotal }
    return result
}

func exponentialOf(_ value: Double) -> Double { exp(value) }
