// StopWords.swift — the English words that say nothing about what a text is about.
// Retrieval › Analysis.  Lucene's list of 33.

enum StopWords {
    private static let words: Set<[UInt8]> = Set(
        """
        a an and are as at be but by for if in into is it no not of on or such that the their then there these they \
        this to was will with
        """.split(separator: " ").map { Array($0.utf8) })

    /// - Parameter word: lower-case.
    static func contains(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        // "their" and "there" are the longest: most words need no look-up.
        word.count <= 5 && words.contains(Array(word))
    }
}
