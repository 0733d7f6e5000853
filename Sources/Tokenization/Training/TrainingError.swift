// TrainingError.swift — why no vocabulary could be made.
// Tokenization › Training.

/// What is wrong with the text or with what was asked of it.
package enum TrainingError: Error, Equatable, CustomStringConvertible {
    case vocabularyTooSmall(size: Int, alphabet: Int, specialTokens: Int)
    case vocabularyTooLarge(size: Int)
    case repeatedSpecialToken(String)
    case emptySpecialToken
    /// Not one word to learn from.
    case noText
    /// Words, but no two neighbouring symbols that occur often enough.
    case nothingToMerge(minimumFrequency: Int)
    /// More distinct words than 32-bit places can number.
    case tooManyWords(bytes: Int, limit: Int)

    package var description: String {
        switch self {
        case .vocabularyTooSmall(let size, let alphabet, let specialTokens):
            "training: a vocabulary of \(size) has no room for the \(alphabet) bytes and \(specialTokens) special "
                + "tokens; ask for at least \(alphabet + specialTokens + 1)"
        case .vocabularyTooLarge(let size):
            "training: a vocabulary of \(size) is more than the \(Vocabulary.maximumCount) that tokenizers may have"
        case .repeatedSpecialToken(let name): "training: the special token \"\(name)\" is given twice"
        case .emptySpecialToken: "training: a special token is empty"
        case .noText: "training: the files hold no text"
        case .nothingToMerge(let minimumFrequency):
            "training: the text has no two neighbouring bytes in one word that occur "
                + (minimumFrequency > 1 ? "\(minimumFrequency) times; lower --min-frequency or " : "; ")
                + "give more text"
        case .tooManyWords(let bytes, let limit):
            "training: the distinct words fill \(bytes) bytes, and \(limit) is the most; give less text"
        }
    }
}
