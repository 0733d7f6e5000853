// AnswerSpelling.swift — given answers as tokens, so that the model can be held to them.
// Server › Completion.

import Base
import Sampling

extension ServedModel {
    /// A constraint under which the answer to `prompt` is one of `texts`, and the longest of them in tokens.
    func constraint(to texts: [[UInt8]], after prompt: [TokenID]) throws(APIError) -> (SpanConstraint, longest: Int) {
        guard !codec.endOfSequence.isEmpty else {
            throw .conflict(
                "This model has no token that ends an answer, so its answers cannot be held to a choice.",
                parameter: "structured_outputs")
        }
        var spans: [[TokenID]] = []
        for text in texts {
            guard let tokens = tokens(ofAnswer: text, after: prompt) else {
                throw .outOfRange(
                    "structured_outputs.choice",
                    mustBe: "texts that this model's tokens can spell, which '\(quoted(text))' is not")
            }
            spans.append(tokens)
        }
        let constraint = SpanConstraint(spans: spans, endTokens: codec.endOfSequence)
        return (constraint, spans.map(\.count).max() ?? 0)
    }

    /// Tokens that read as exactly `text` where the answer begins.
    private func tokens(ofAnswer text: [UInt8], after prompt: [TokenID]) -> [TokenID]? {
        let alone = codec.encodeAnswer(text)
        if says(alone, text, after: prompt) { return alone }
        // SentencePiece-style tokenizers put a blank before every text. Behind a line feed they do not.
        let lineFeed = codec.encodeAnswer([UInt8(ascii: "\n")])
        let behind = codec.encodeAnswer([UInt8(ascii: "\n")] + text)
        guard behind.starts(with: lineFeed) else { return nil }
        let tokens = Array(behind.dropFirst(lineFeed.count))
        return says(tokens, text, after: prompt) ? tokens : nil
    }

    private func says(_ tokens: [TokenID], _ text: [UInt8], after prompt: [TokenID]) -> Bool {
        var detokenizer = codec.makeDetokenizer(after: prompt)
        var said: [UInt8] = []
        for token in tokens { said += detokenizer.push(token) }
        said += detokenizer.finish()
        return said == text && !tokens.isEmpty && !tokens.contains { codec.endOfSequence.contains($0) }
    }
}
