// AnswerSpelling.swift — given answers as tokens, so that the model can be held to them.
// Server › Completion.

import Base
import Sampling

/// One request's texts to choose from. They are spelled once for all prompts behind which they read the same.
struct AnswerSpelling {
    /// What an answer is held to, and the tokens of its longest text.
    struct Choice {
        let constraint: SpanConstraint
        let longest: Int
    }

    private let texts: [[UInt8]]
    private let codec: any TextCodec
    /// By whether the prompt has text: nothing else of a prompt changes how an answer is spelled.
    private var choices: [Bool: Choice] = [:]

    init(_ texts: [[UInt8]], _ codec: any TextCodec) {
        self.texts = texts
        self.codec = codec
    }

    /// A choice under which the answer to `prompt` is one of the texts.
    mutating func choice(after prompt: [TokenID]) throws(APIError) -> Choice {
        guard !codec.endOfSequence.isEmpty else {
            throw .conflict(
                "This model has no token that ends an answer, so its answers cannot be held to a choice.",
                parameter: "structured_outputs")
        }
        let goesOn = codec.hasText(prompt)
        if let known = choices[goesOn] { return known }
        var spans: [[TokenID]] = []
        for text in texts {
            guard let tokens = tokens(ofAnswer: text, goesOn: goesOn) else {
                throw .outOfRange(
                    "structured_outputs.choice",
                    mustBe: "texts that this model's tokens can spell, which '\(quoted(text))' is not")
            }
            spans.append(tokens)
        }
        let choice = Choice(
            constraint: SpanConstraint(spans: spans, endTokens: codec.endOfSequence),
            longest: spans.map(\.count).max() ?? 0)
        choices[goesOn] = choice
        return choice
    }

    /// Tokens that read as exactly `text` where the answer begins.
    private func tokens(ofAnswer text: [UInt8], goesOn: Bool) -> [TokenID]? {
        let alone = codec.encodeAnswer(text)
        if says(alone, text, goesOn) { return alone }
        // SentencePiece-style tokenizers put a blank before every text. Behind a line feed they do not.
        let lineFeed = codec.encodeAnswer([UInt8(ascii: "\n")])
        let behind = codec.encodeAnswer([UInt8(ascii: "\n")] + text)
        guard behind.starts(with: lineFeed) else { return nil }
        let tokens = Array(behind.dropFirst(lineFeed.count))
        return says(tokens, text, goesOn) ? tokens : nil
    }

    private func says(_ tokens: [TokenID], _ text: [UInt8], _ goesOn: Bool) -> Bool {
        var detokenizer = codec.makeDetokenizer(goesOn: goesOn)
        var said: [UInt8] = []
        for token in tokens { said += detokenizer.push(token) }
        said += detokenizer.finish()
        return said == text && !tokens.isEmpty && !tokens.contains { codec.endOfSequence.contains($0) }
    }
}
