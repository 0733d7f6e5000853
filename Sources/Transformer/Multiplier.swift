// Multiplier.swift — projections applied to rows: each in the way its weights are kept.
// Transformer.  What lies between two products is computed with one of them: the norm with the rounding that follows it
// and, where weights are integers, the gate with the products that it multiplies. The bits are the same.

import Kernels

/// What every linear layer of a model shares: threads, and room for the rows at hand, rounded.
struct Multiplier {
    /// The input of the product at hand, where it takes it so.
    let rounded: RoundedRows
    /// The input of the product after a gate; nil in a model without gates.
    var gated: RoundedRows?
    /// From so many rows on a gate is computed with its products. The products of fewer stay in L2, and memory would
    /// stand still between two blocks of weights.
    private static let gatedRows = 8
    let numerics: Numerics
    let pool: ThreadPool

    typealias Job = (projection: Projection, output: MutableMatrixView)

    /// RMSNorm of a product's input, and room for it as f32.
    struct Norm {
        let gain: VectorWeight
        let epsilon: Float
        let result: MutableMatrixView
    }

    /// `output = projection(input)`, or `output +=` it.
    func apply(
        _ projection: Projection, _ input: MutableMatrixView, into output: MutableMatrixView, accumulate: Bool = false
    ) {
        switch projection.weight {
        case .stored(let weight):
            linear(
                input.readOnly, weight, into: output, accumulate: accumulate, bias: projection.bias?.pointer,
                numerics: numerics, pool: pool)
        case .packed(let weight):
            let part = PanelPart(weight, into: output, bias: projection.bias?.pointer, accumulates: accumulate)
            if takesRoundedRows(part, input) {
                rounded.round(input.readOnly, for: part.elementType, pool: pool)
                linear(rounded, part, pool: pool)
            } else {
                linear(input.readOnly, part, pool: pool)
            }
        }
    }

    /// Two or three projections of the same rows, or of their norm: one job where all of them are packed in one type.
    func apply(
        _ input: MutableMatrixView, normed norm: Norm? = nil, _ first: Job, _ second: Job, _ third: Job? = nil
    ) {
        guard let a = part(first), let b = part(second), a.elementType == b.elementType,
            third == nil || third.flatMap(part)?.elementType == a.elementType
        else {
            let input = normalize(input, norm)
            apply(first.projection, input, into: first.output)
            apply(second.projection, input, into: second.output)
            if let third { apply(third.projection, input, into: third.output) }
            return
        }
        if takesRoundedRows(a, input) {
            round(input, norm, for: a.elementType)
            linear(rounded, a, b, third.flatMap(part), pool: pool)
        } else {
            linear(normalize(input, norm).readOnly, a, b, third.flatMap(part), pool: pool)
        }
    }

    /// `output = down(activation(gate(n)) ⊙ up(n))`, or `output +=` it, where n is the input's norm.
    ///
    /// - Parameters:
    ///   - gate: its output is room for the product that `down` takes.
    ///   - up: its output is room as well.
    func applyGated(
        _ input: MutableMatrixView, _ norm: Norm, gate: Job, up: Job, activation: GateActivation, down: Projection,
        into output: MutableMatrixView, accumulate: Bool
    ) {
        if case .packed(let gateWeight) = gate.projection.weight, case .packed(let upWeight) = up.projection.weight,
            case .packed(let downWeight) = down.weight, gateWeight.elementType == upWeight.elementType,
            gateWeight.elementType.hasIntegerPanels, downWeight.elementType.hasIntegerPanels,
            let gated, input.rows >= Self.gatedRows
        {
            round(input, norm, for: gateWeight.elementType)
            gatedLinear(
                rounded, gate: gateWeight, gateBias: gate.projection.bias?.pointer, up: upWeight,
                upBias: up.projection.bias?.pointer, activation: activation, into: gated, for: downWeight.elementType,
                pool: pool)
            linear(
                gated, PanelPart(downWeight, into: output, bias: down.bias?.pointer, accumulates: accumulate),
                pool: pool)
            return
        }
        apply(input, normed: norm, gate, up)
        switch activation {
        case .silu: siluMultiply(gate.output.readOnly, up.output.readOnly, into: gate.output, pool: pool)
        case .gelu: geluMultiply(gate.output.readOnly, up.output.readOnly, into: gate.output, pool: pool)
        }
        apply(down, gate.output, into: output, accumulate: accumulate)
    }

    private func normalize(_ input: MutableMatrixView, _ norm: Norm?) -> MutableMatrixView {
        guard let norm else { return input }
        rmsNorm(
            input.readOnly, weight: norm.gain.pointer, epsilon: norm.epsilon, into: norm.result, pool: pool)
        return norm.result
    }

    private func round(_ input: MutableMatrixView, _ norm: Norm?, for elementType: ElementType) {
        rounded.round(
            input.readOnly, gain: norm?.gain.pointer, epsilon: norm?.epsilon ?? 0, for: elementType, pool: pool)
    }

    private func takesRoundedRows(_ part: PanelPart, _ input: MutableMatrixView) -> Bool {
        pool.kernels.takesRoundedRows(part.elementType, columns: input.columns)
    }

    private func part(_ job: Job) -> PanelPart? {
        guard case .packed(let weight) = job.projection.weight else { return nil }
        return PanelPart(weight, into: job.output, bias: job.projection.bias?.pointer)
    }
}
