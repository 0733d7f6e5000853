// ModelConfiguration.swift — the numbers that define a decoder.
// Transformer › Configuration.  Read from config.json or from GGUF metadata by the extensions beside this file.

package import Kernels

/// A Llama-shaped decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU, and the parts that `traits` adds.
///
/// Letters as everywhere: V vocabulary, D model width, F feed-forward width, L layers, H query heads, G KV heads,
/// K head width.
package struct ModelConfiguration: Sendable, Equatable {
    /// As the file calls it, e.g. `llama`: a name in `DecoderFamily.registered`.
    package var family: String
    package var traits: DecoderTraits
    package var vocabularySize: Int
    package var modelWidth: Int
    package var feedForwardWidth: Int
    package var layerCount: Int
    package var queryHeadCount: Int
    package var keyValueHeadCount: Int
    package var headWidth: Int
    /// Features of a head that are rotated: the first ones, in most families all.
    package var rotaryWidth: Int
    /// Positions the model was trained for.
    package var maxPositionCount: Int
    package var normEpsilon: Float
    package var rotaryBase: Double
    package var rotaryScaling: RotaryScaling
    /// Which two numbers of a head are rotated together.
    package var rotaryLayout: RotaryLayout
    /// The output head is the embedding matrix.
    package var tiesEmbeddings: Bool
    /// Scores are multiplied with it: 1 / √K in most families.
    package var attentionScale: Float
    /// Bounds that scores and logits are bent to; nil: none.
    package var attentionSoftCap: Float?
    package var logitSoftCap: Float?
    /// Layers with a window turn with this base, unscaled; nil: all layers turn alike.
    package var windowRotaryBase: Double?
    /// How many positions each layer sees, the row's own included; nil for all before it.
    package var slidingWindows_L: [Int?]

    package var queryWidth: Int { queryHeadCount * headWidth }
    package var keyValueWidth: Int { keyValueHeadCount * headWidth }

    /// Bytes of one token's keys and values, scales included, in all layers.
    package func cacheBytesPerToken(_ type: CacheType) -> Int {
        2 * layerCount * keyValueHeadCount * type.byteCount(headWidth: headWidth)
    }

    /// Checks every number against the others and against bounds that no small model comes near, so that no later
    /// product of sizes can overflow.
    func validate(_ keys: ConfigurationKeys, source: String) throws(ModelError) {
        func require(_ key: String, _ value: Int, _ range: ClosedRange<Int>) throws(ModelError) {
            if range.contains(value) { return }
            throw .invalid(
                key: key, problem: "is \(value), outside \(range.lowerBound)...\(range.upperBound)", source: source)
        }
        try require(keys.vocabularySize, vocabularySize, 1...4_000_000)
        try require(keys.modelWidth, modelWidth, 1...65_536)
        try require(keys.feedForwardWidth, feedForwardWidth, 1...1_048_576)
        try require(keys.layerCount, layerCount, 1...1_024)
        try require(keys.queryHeadCount, queryHeadCount, 1...1_024)
        try require(keys.keyValueHeadCount, keyValueHeadCount, 1...queryHeadCount)
        try require(keys.headWidth, headWidth, 2...KVLayer.maximumHeadWidth)
        // One token in, one out.
        try require(keys.maxPositionCount, maxPositionCount, 2...16_777_216)
        if queryHeadCount % keyValueHeadCount != 0 {
            throw .invalid(
                key: keys.keyValueHeadCount,
                problem: "(\(keyValueHeadCount)) do not divide the \(queryHeadCount) heads",
                source: source)
        }
        guard rotaryWidth >= 2, rotaryWidth <= headWidth else {
            throw .invalid(
                key: keys.rotaryWidth, problem: "has \(rotaryWidth) of \(headWidth) features rotated", source: source)
        }
        if rotaryWidth % 2 != 0 {
            throw .invalid(
                key: rotaryWidth == headWidth ? keys.headWidth : keys.rotaryWidth,
                problem: "has \(rotaryWidth) features of a head rotated, which are no pairs", source: source)
        }
        guard normEpsilon > 0, normEpsilon < 1 else {
            throw .invalid(key: keys.normEpsilon, problem: "is \(normEpsilon), not between 0 and 1", source: source)
        }
        guard rotaryBase >= 1, rotaryBase.isFinite else {
            throw .invalid(key: keys.rotaryBase, problem: "is \(rotaryBase), not at least 1", source: source)
        }
        if let base = windowRotaryBase, !(base >= 1 && base.isFinite) {
            throw .invalid(key: keys.windowRotaryBase, problem: "is \(base), not at least 1", source: source)
        }
        guard attentionScale > 0, attentionScale.isFinite else {
            throw .invalid(key: keys.queryScalar, problem: "is not a positive number", source: source)
        }
        for (key, cap) in [(keys.attentionSoftCap, attentionSoftCap), (keys.logitSoftCap, logitSoftCap)] {
            if let cap, !(cap > 0 && cap.isFinite) {
                throw .invalid(key: key, problem: "is \(cap), not a positive number", source: source)
            }
        }
        guard rotaryScaling.isPossible(pairCount: rotaryWidth / 2) else {
            throw .invalid(
                key: keys.rotaryScaling, problem: "has factors that no model can have: \(rotaryScaling)", source: source
            )
        }
    }
}
