// MarkerConstraint.swift — free text in which no marker `[n]` stands that means nothing.
// Sampling › Constraints.  Only what would write such a marker is forbidden; whether one is in the right place is
// checked when the text is there.

package import Base

/// The tokens that can have to do with a marker, found once for a vocabulary.
package struct MarkerVocabulary: Sendable {
    package let vocabularySize: Int
    /// Those with a bracket in them, and those that begin with a digit.
    fileprivate let tokens: [(token: TokenID, bytes: [UInt8])]

    /// - Parameter spelling: the bytes of a token; none for one that stands for no text.
    /// - Complexity: O(bytes of the vocabulary).
    package init(vocabularySize: Int, spelling: (TokenID) -> [UInt8]) {
        self.vocabularySize = vocabularySize
        tokens = (0..<vocabularySize).compactMap { index in
            let bytes = spelling(TokenID(index))
            guard let first = bytes.first else { return nil }
            let hasBracket = bytes.contains { $0 == MarkerReader.open || $0 == MarkerReader.close }
            return hasBracket || MarkerReader.isDigit(first) ? (TokenID(index), bytes) : nil
        }
    }

    fileprivate func bytes(of token: TokenID) -> [UInt8]? {
        var (low, high) = (0, tokens.count)
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].token < token { low = middle + 1 } else { high = middle }
        }
        return low < tokens.count && tokens[low].token == token ? tokens[low].bytes : nil
    }
}

/// Where in a marker a text stands.
private struct MarkerReader: Equatable {
    static let open = UInt8(ascii: "[")
    static let close = UInt8(ascii: "]")
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The number behind an open bracket; 0: no digit yet; nil: no open bracket.
    private(set) var number: Int?

    /// - Returns: false if this byte makes a number that no marker up to `count` has.
    mutating func read(_ byte: UInt8, count: Int) -> Bool {
        if byte == Self.open {
            number = 0
        } else if let digits = number, Self.isDigit(byte) {
            let value = digits * 10 + Int(byte - UInt8(ascii: "0"))
            // No leading nought; and no longer number begins with one that is too large.
            guard value >= 1, value <= count else { return false }
            number = value
        } else {
            number = nil
        }
        return true
    }
}

/// Allows every text but one with a marker outside `[1]…[count]`.
package struct MarkerConstraint: TokenConstraint {
    private let vocabulary: MarkerVocabulary
    private let count: Int
    /// After each number of accepted tokens.
    private var readers = [MarkerReader()]

    /// - Parameter count: markers that mean something.
    package init(_ vocabulary: MarkerVocabulary, count: Int) {
        self.vocabulary = vocabulary
        self.count = count
    }

    /// - Complexity: O(tokens with brackets and digits + vocabulary / 64).
    package mutating func fillMask(_ mask: inout TokenMask) {
        mask.insertAll()
        for (token, bytes) in vocabulary.tokens {
            var reader = readers[readers.count - 1]
            if !bytes.allSatisfy({ reader.read($0, count: count) }) { mask[token] = false }
        }
    }

    package mutating func accept(_ token: TokenID) {
        var reader = readers[readers.count - 1]
        if let bytes = vocabulary.bytes(of: token) {
            for byte in bytes { _ = reader.read(byte, count: count) }
        } else {
            // Letters, or nothing: no marker goes on through them.
            reader = MarkerReader()
        }
        readers.append(reader)
    }

    package mutating func rollback(_ count: Int) {
        precondition(count < readers.count, "more tokens undone than accepted")
        readers.removeLast(count)
    }
}
