// CheckpointError.swift — why a model's files cannot be used: one line, naming file and tensor or key.
// Checkpoint.

package import Base

package enum CheckpointError: Error, Equatable {
    /// The file cannot be opened, read or mapped.
    case file(FileError)
    /// The bytes contradict the format or one another.
    case damaged(path: String, what: String)
    /// A correct file of a kind that this program does not read.
    case unsupported(path: String, what: String)
    /// A tensor whose stored type no kernel understands.
    case unsupportedType(path: String, tensor: String, type: String)
    case missingTensor(path: String, tensor: String)
    /// Shapes are outermost dimension first.
    case wrongShape(path: String, tensor: String, expected: [Int], found: [Int])
    case missingKey(path: String, key: String)
    /// `expected` and `found` come with their article: "a string".
    case wrongValue(path: String, key: String, expected: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let error):
            error.description
        case .damaged(let path, let what):
            "\(path) is damaged: \(what); download or convert it again"
        case .unsupported(let path, let what):
            "\(path) cannot be used: \(what)"
        case .unsupportedType(let path, let tensor, let type):
            "\(path): tensor \(tensor) is stored as \(type), which is not supported; "
                + "use a file in one of \(StoredType.supportedNames)"
        case .missingTensor(let path, let tensor):
            "\(path): tensor \(tensor) is missing; is this the model that its configuration describes?"
        case .wrongShape(let path, let tensor, let expected, let found):
            "\(path): tensor \(tensor) has the shape \(found), but the model's configuration asks for \(expected)"
        case .missingKey(let path, let key):
            "\(path): the key \(key) is missing"
        case .wrongValue(let path, let key, let expected, let found):
            "\(path): the key \(key) must be \(expected), but is \(found)"
        }
    }
}
