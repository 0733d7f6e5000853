// Mathematics.swift — the two transcendental functions the sampler needs, named in words.
// Sampling.  Scalar and in double: they run over candidates that survived truncation, not over the vocabulary.

import Glibc

func naturalLogarithm(_ value: Double) -> Double { log(value) }
func exponential(_ value: Double) -> Double { exp(value) }
