// Multiplier.swift — projections applied to rows: each in the way its weights are kept.
// Transformer.

import Kernels

/// What every linear layer of a model shares: threads, and room for the rows at hand in 8 bits.
struct Multiplier {
    let rounded: RoundedRows
    let numerics: Numerics
    let pool: ThreadPool

    typealias Job = (projection: Projection, output: MutableMatrixView)

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
            apply(
                PanelPart(weight, into: output, bias: projection.bias?.pointer, accumulates: accumulate),
                input: input)
        }
    }

    /// Two or three projections of the same rows: one job where all of them are packed in one type.
    func apply(_ input: MutableMatrixView, _ first: Job, _ second: Job, _ third: Job? = nil) {
        guard let a = part(first), let b = part(second), a.elementType == b.elementType,
            third == nil || third.flatMap(part)?.elementType == a.elementType
        else {
            apply(first.projection, input, into: first.output)
            apply(second.projection, input, into: second.output)
            if let third { apply(third.projection, input, into: third.output) }
            return
        }
        apply(a, b, third.flatMap(part), input: input)
    }

    private func apply(_ a: PanelPart, _ b: PanelPart? = nil, _ c: PanelPart? = nil, input: MutableMatrixView) {
        guard a.elementType.takesRoundedRows else { return linear(input.readOnly, a, b, c, pool: pool) }
        rounded.round(input.readOnly, for: a.elementType, pool: pool)
        linear(rounded, a, b, c, pool: pool)
    }

    private func part(_ job: Job) -> PanelPart? {
        guard case .packed(let weight) = job.projection.weight else { return nil }
        return PanelPart(weight, into: job.output, bias: job.projection.bias?.pointer)
    }
}
