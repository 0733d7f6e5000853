// ModelError.swift — why a model cannot be used.
// Transformer › Configuration.

/// What is wrong with a model's description or weights, in one line for a person.
package enum ModelError: Error, Equatable, CustomStringConvertible {
    /// A key of config.json or of GGUF metadata that is absent.
    case missing(key: String, source: String)
    /// A value that cannot be right: `problem` says why.
    case invalid(key: String, problem: String, source: String)
    /// A value that may be right for some model, but not for one this program runs.
    case unsupported(key: String, value: String, supported: String, source: String)
    /// The file is neither a Hugging Face folder nor a GGUF file.
    case notAModel(path: String, problem: String)

    package var description: String {
        switch self {
        case .missing(let key, let source): "\(source): '\(key)' is missing"
        case .invalid(let key, let problem, let source): "\(source): '\(key)' \(problem)"
        case .unsupported(let key, let value, let supported, let source):
            "\(source): '\(key)' is \(value); this version runs \(supported)"
        case .notAModel(let path, let problem): "\(path): \(problem)"
        }
    }
}
