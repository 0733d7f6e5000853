// DictatedModel.swift — a model that computes everything and then says what it is told.
// Bench › Speculation.  How fast guesses are depends on how often they are right and on what the two models cost, not on
// what they say: with dictated answers the first is set to any share, and the second stays real.

import Base
import Transformer

/// A decoder whose likeliest token is, at every position, a made-up one; as a draft model, a share of them is another.
final class DictatedModel: LanguageModel {
    let decoder: DecoderModel
    /// How often the dictated token is the right one; nil: the decoder speaks for itself.
    private let agreement: Double?
    private var positions: [Int32] = []

    init(_ decoder: DecoderModel, agreement: Double?) {
        self.decoder = decoder
        self.agreement = agreement
    }

    var vocabularySize: Int { decoder.vocabularySize }

    func forward(_ batch: ForwardBatch) {
        decoder.forward(batch)
        guard agreement != nil else { return }
        positions.removeAll(keepingCapacity: true)
        for row in batch.logitRows { positions.append(batch.positions_T[Int(row)]) }
    }

    func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        let row = unsafe decoder.logits(index)
        if let agreement { unsafe row[Self.answer(after: positions[index], row.count, agreement)] = 1e6 }
        return unsafe row
    }

    func copyBlock(from source: Int32, to destination: Int32) {
        decoder.copyBlock(from: source, to: destination)
    }

    /// The same for every request, and different from position to position.
    private static func answer(after position: Int32, _ count: Int, _ agreement: Double) -> Int {
        let hash = (UInt64(position) + 1) &* 0x9E37_79B9_7F4A_7C15
        let answer = Int((hash >> 33) % UInt64(count))
        let isRight = Double((hash &* 0xBF58_476D_1CE4_E5B9) >> 40) < agreement * 0x1p24
        return isRight ? answer : (answer + 1) % count
    }
}
