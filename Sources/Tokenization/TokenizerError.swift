// TokenizerError.swift — why a tokenizer could not be loaded.
// Tokenization.  Encoding and decoding cannot fail: every byte string has tokens, every id has bytes.

/// A tokenizer file or embedded vocabulary that cannot be used as it stands.
package enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The file is not JSON, or a value in it is not what the format asks for.
    case malformed(file: String, place: String, reason: String)
    /// A part of the format that this program does not carry out. Nothing is ever silently left out.
    case unsupported(part: String, value: String)
    /// An embedded vocabulary contradicts itself.
    case invalidVocabulary(reason: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "tokenizer: cannot read \(path): \(reason)"
        case .malformed(let file, let place, let reason): "tokenizer: \(file): \(place): \(reason)"
        case .unsupported(let part, let value):
            "tokenizer: \(part) \(value) is not supported"
        case .invalidVocabulary(let reason): "tokenizer: \(reason)"
        }
    }
}
