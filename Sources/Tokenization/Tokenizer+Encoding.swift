// Tokenizer+Encoding.swift — text to ids.
// Tokenization.

package import Base

extension Tokenizer {
    /// The tokens of `text`.
    /// - Parameters:
    ///   - addSpecialTokens: put the model's own tokens around the text, as its post-processor says (often a
    ///     beginning-of-sequence token, often nothing).
    ///   - parseSpecialTokens: take special tokens written out in the text (`<|im_end|>`) as those tokens; else they
    ///     are text like any other. Added tokens that are not special always count.
    /// - Complexity: O(n log n) in the longest word, O(n) in the number of words.
    package func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [TokenID] {
        encode(Array(text.utf8), addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens)
    }

    /// As above, of bytes that need not be valid UTF-8.
    package func encode(_ bytes: [UInt8], addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [TokenID] {
        encode(
            MarkedText(bytes: bytes), addSpecialTokens: addSpecialTokens,
            parsing: parseSpecialTokens ? .all : .none)
    }

    func encode(_ text: MarkedText, addSpecialTokens: Bool, parsing: SpecialTokenParsing) -> [TokenID] {
        var output = addSpecialTokens ? parts.prefix : []
        output.reserveCapacity(text.bytes.count / 3 + 8)
        var merger = PairMerger()
        let bytes = text.bytes.span
        let marks = text.marks.span
        literalTokens.forEachFragment(in: bytes, 0..<bytes.count, marks: marks, parsing: parsing) { fragment in
            switch fragment {
            case .token(let id): output.append(TokenID(id))
            case .text(let range) where parts.normalizer.isIdentity:
                appendNormalized(
                    bytes, range, start: 0, marks: marks, parsing: parsing, to: &output, &merger)
            case .text(let range):
                let stretch = MarkedText(
                    bytes: Array(text.bytes[range]), marks: text.marks.isEmpty ? [] : Array(text.marks[range]))
                let normal = parts.normalizer.normalize(stretch)
                appendNormalized(
                    normal.bytes.span, 0..<normal.bytes.count, start: range.lowerBound, marks: normal.marks.span,
                    parsing: parsing, to: &output, &merger)
            }
        }
        if addSpecialTokens { output += parts.suffix }
        return output
    }

    /// - Parameter start: where in the whole text `text` begins.
    private func appendNormalized(
        _ text: Span<UInt8>, _ range: Range<Int>, start: Int, marks: Span<Bool>, parsing: SpecialTokenParsing,
        to output: inout [TokenID], _ merger: inout PairMerger
    ) {
        normalizedTokens.forEachFragment(in: text, range, marks: marks, parsing: parsing) { fragment in
            switch fragment {
            case .token(let id): output.append(TokenID(id))
            case .text(let stretch):
                appendWords(
                    text.extracting(stretch), isAtStart: start + stretch.lowerBound == 0, to: &output, &merger)
            }
        }
    }

    private func appendWords(
        _ text: Span<UInt8>, isAtStart: Bool, to output: inout [TokenID], _ merger: inout PairMerger
    ) {
        if !parts.preTokenizer.steps.isEmpty {
            let cut = parts.preTokenizer.cut(text, isAtStart: isAtStart)
            let bytes = cut.bytes.span
            for word in cut.words { parts.model.append(bytes.extracting(word), to: &output, merger: &merger) }
        } else if parts.preTokenizer.addsPrefixSpace && text[0] != UInt8(ascii: " ") {
            var prefixed = [UInt8(ascii: " ")]
            prefixed.reserveCapacity(text.count + 1)
            for index in text.indices { prefixed.append(text[index]) }
            let bytes = prefixed.span
            parts.preTokenizer.forEachWord(in: bytes) { word in
                parts.model.append(bytes.extracting(word), to: &output, merger: &merger)
            }
        } else {
            parts.preTokenizer.forEachWord(in: text) { word in
                parts.model.append(text.extracting(word), to: &output, merger: &merger)
            }
        }
    }
}
