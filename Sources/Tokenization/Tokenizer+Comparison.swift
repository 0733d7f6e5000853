// Tokenizer+Comparison.swift — do two models mean the same by their token ids?
// Tokenization.  A draft model's guesses are token ids of the target: they must be spelled alike, byte for byte.

package import Base

extension Tokenizer {
    /// The first token that the two spell differently, or that only one of them knows; nil when there is none.
    /// - Complexity: O(bytes of the vocabulary).
    package func firstDifference(from other: Tokenizer) -> TokenID? {
        for index in 0..<max(vocabularySize, other.vocabularySize) {
            let token = TokenID(index)
            guard index < vocabularySize, index < other.vocabularySize, isSpecial(token) == other.isSpecial(token),
                spelling(of: token) == other.spelling(of: token)
            else { return token }
        }
        return nil
    }
}
