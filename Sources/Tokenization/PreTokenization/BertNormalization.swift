// BertNormalization.swift — the clean-up that BERT's tokenizers do first.
// Tokenization › PreTokenization.  Design: BasicTokenizer of google-research/bert; BertNormalizer of Hugging Face
// tokenizers.

/// Which parts of the clean-up a model asks for.
struct BertNormalization: Sendable, Equatable {
    /// Control characters are dropped, white space becomes blanks.
    var cleansText = true
    /// Blanks are put around Chinese characters.
    var separatesIdeographs = true
    /// Combining marks are taken off their letters.
    var stripsAccents = true
    var lowercases = true

    func apply(to text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = text.startIndex
        while position < text.endIndex {
            // Nothing that happens to ASCII depends on its neighbours.
            while position < text.endIndex, text[position] < 0x80 {
                appendASCII(text[position], to: &result)
                position += 1
            }
            let start = position
            while position < text.endIndex, text[position] >= 0x80 { position += 1 }
            if start < position { appendOther(text[start..<position], to: &result) }
        }
        return result
    }

    private func appendASCII(_ byte: UInt8, to result: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            result.append(cleansText ? UInt8(ascii: " ") : byte)
        case 0..<0x20, 0x7f: if !cleansText { result.append(byte) }
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): result.append(lowercases ? byte | 0x20 : byte)
        default: result.append(byte)
        }
    }

    private func appendOther(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
        var text = text.mapScalars { scalar, output in
            if cleansText {
                if scalar.value == 0xfffd || scalar.isControl { return }
                if scalar.properties.isWhitespace { return output.append(UInt8(ascii: " ")) }
            }
            if separatesIdeographs && scalar.isIdeograph {
                output.append(UInt8(ascii: " "))
                output.append(scalar)
                output.append(UInt8(ascii: " "))
            } else {
                output.append(scalar)
            }
        }
        if stripsAccents {
            text = text[...].canonicallyDecomposed().mapScalars { scalar, output in
                if scalar.generalCategoryInUnicode8 != .nonspacingMark { output.append(scalar) }
            }
        }
        result += lowercases ? text[...].lowercased() : text
    }
}

extension Unicode.Scalar {
    /// Control, format, surrogate and private-use characters.
    fileprivate var isControl: Bool {
        switch generalCategoryInUnicode8 {
        case .control, .format, .surrogate, .privateUse: true
        default: false
        }
    }

    /// The blocks that BERT's code lists; one begins at U+2B920 in the reference, by a slip that models have learned.
    fileprivate var isIdeograph: Bool {
        switch value {
        case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x2a6df, 0x2a700...0x2b73f, 0x2b740...0x2b81f,
            0x2b920...0x2ceaf, 0xf900...0xfaff, 0x2f800...0x2fa1f:
            true
        default: false
        }
    }
}
