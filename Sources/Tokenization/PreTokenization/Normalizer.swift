// Normalizer.swift — rewrites text before it is cut into words.
// Tokenization › PreTokenization.  Design: normalizers of Hugging Face tokenizers; Unicode Annex #15 for NFC.

/// Text on its way to becoming tokens, with a mark on every byte that came from outside.
struct MarkedText: Equatable {
    var bytes: [UInt8]
    /// One for each byte, or empty when none is marked.
    var marks: [Bool] = []
}

/// The steps of a `normalizer`, applied to each stretch of text between added tokens.
struct Normalizer: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// Put before text that is not empty.
        case prepend([UInt8])
        /// Every occurrence of the first, left to right, becomes the second.
        case replace([UInt8], by: [UInt8])
        /// Canonical composition. Ill-formed bytes stay as they are.
        case canonicalComposition
        /// Canonical decomposition, likewise.
        case canonicalDecomposition
        case lowercase
        /// Combining marks are dropped.
        case stripAccents
        /// White space at the ends is dropped.
        case strip(left: Bool, right: Bool)
        case bert(BertNormalization)
    }

    var steps: [Step] = []
    var isIdentity: Bool { steps.isEmpty }

    /// SentencePiece's view of text: words begin with U+2581, which stands for a blank.
    static func sentencePiece(addsPrefixSpace: Bool) -> Normalizer {
        let replacement = Step.replace([UInt8(ascii: " ")], by: sentencePieceSpace)
        return Normalizer(steps: addsPrefixSpace ? [.prepend(sentencePieceSpace), replacement] : [replacement])
    }

    /// U+2581 LOWER ONE EIGHTH BLOCK.
    static let sentencePieceSpace: [UInt8] = [0xe2, 0x96, 0x81]

    func normalize(_ text: MarkedText) -> MarkedText {
        steps.reduce(text) { text, step in
            switch step {
            case .prepend(let prefix):
                guard !text.bytes.isEmpty else { return text }
                let unmarked = text.marks.isEmpty ? [] : [Bool](repeating: false, count: prefix.count)
                return MarkedText(bytes: prefix + text.bytes, marks: unmarked + text.marks)
            case .replace(let pattern, let replacement):
                return text.mapRuns { $0.replacing(pattern, by: replacement) }
            case .canonicalComposition:
                return text.mapRuns { $0.canonicallyComposed() }
            case .canonicalDecomposition: return text.mapRuns { $0.canonicallyDecomposed() }
            case .lowercase: return text.mapRuns { $0.lowercased() }
            case .stripAccents: return text.mapRuns { $0.withoutCombiningMarks() }
            case .strip(let left, let right): return text.stripped(left: left, right: right)
            case .bert(let normalization): return text.mapRuns { normalization.apply(to: $0) }
            }
        }
    }
}

extension MarkedText {
    fileprivate func stripped(left: Bool, right: Bool) -> MarkedText {
        let start = left ? bytes.span.endOfLeadingSpaces(in: 0..<bytes.count) : 0
        let end = right ? bytes.span.startOfTrailingSpaces(in: start..<bytes.count) : bytes.count
        return MarkedText(bytes: Array(bytes[start..<end]), marks: marks.isEmpty ? [] : Array(marks[start..<end]))
    }

    /// Rewrites each run of equally marked bytes by itself, so that marks survive whatever `transform` does.
    /// Something that straddles a boundary (a template's letter, a user's combining accent) is not seen as one.
    fileprivate func mapRuns(_ transform: (ArraySlice<UInt8>) -> [UInt8]) -> MarkedText {
        if marks.isEmpty { return MarkedText(bytes: transform(bytes[...])) }
        var result = MarkedText(bytes: [])
        var start = 0
        while start < bytes.count {
            let end = marks[start...].firstIndex { $0 != marks[start] } ?? bytes.count
            result.bytes += transform(bytes[start..<end])
            result.marks += repeatElement(marks[start], count: result.bytes.count - result.marks.count)
            start = end
        }
        return result
    }
}

extension ArraySlice<UInt8> {
    fileprivate func withoutCombiningMarks() -> [UInt8] {
        mapScalars { scalar, output in
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: break
            default: output.append(scalar)
            }
        }
    }
}
