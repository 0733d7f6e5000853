// MergeTable+Rules.swift — merge rules as tokenizer files write them: pairs of pieces, the strongest first.
// Tokenization › BytePair.

extension MergeTable {
    /// Turns rules into a table one by one, in order of rank. Nothing is allocated per rule.
    struct Builder {
        private(set) var table: MergeTable
        private let vocabulary: Vocabulary
        private let isSpelledInByteAlphabet: Bool
        private let file: String
        private var rank: UInt32 = 0
        /// What the last rule made.
        private var result: Int32 = -1
        /// The pieces of the rule at hand, as the vocabulary spells them; the second becomes what the rule makes.
        private var right: [UInt8] = []
        private var joined: [UInt8] = []

        /// - Parameters:
        ///   - capacity: how many rules will come.
        ///   - isSpelledInByteAlphabet: rules are written in GPT-2's byte alphabet, the vocabulary in bytes.
        ///   - file: named in errors.
        init(capacity: Int, vocabulary: Vocabulary, isSpelledInByteAlphabet: Bool, file: String) {
            table = MergeTable(capacity: capacity)
            self.vocabulary = vocabulary
            self.isSpelledInByteAlphabet = isSpelledInByteAlphabet
            self.file = file
        }

        /// - Throws: `malformed` for a rule whose pieces, or what they make, the vocabulary lacks.
        mutating func append(_ left: Span<UInt8>, _ right: Span<UInt8>) throws(TokenizerError) {
            self.right.removeAll(keepingCapacity: true)
            joined.removeAll(keepingCapacity: true)
            guard Builder.spell(left, isSpelledInByteAlphabet, &joined),
                Builder.spell(right, isSpelledInByteAlphabet, &self.right), let leftID = vocabulary.id(of: joined),
                let rightID = vocabulary.id(of: self.right)
            else { throw failure(left, right) }
            joined += self.right
            // Trained vocabularies number pieces as their rules come, so the next id is usually right.
            let next = result + 1
            guard let found = vocabulary.isUnique(next, joined) ? next : vocabulary.id(of: joined) else {
                throw failure(left, right)
            }
            result = found
            table.insert(left: leftID, right: rightID, rank: rank, result: result)
            rank += 1
        }

        private static func spell(_ piece: Span<UInt8>, _ inByteAlphabet: Bool, _ bytes: inout [UInt8]) -> Bool {
            if inByteAlphabet { return ByteAlphabet.append(piece, to: &bytes) }
            for index in piece.indices { bytes.append(piece[index]) }
            return true
        }

        private func failure(_ left: Span<UInt8>, _ right: Span<UInt8>) -> TokenizerError {
            func text(_ piece: Span<UInt8>) -> String {
                String(decoding: piece.indices.map { piece[$0] }, as: UTF8.self)
            }
            return .malformed(
                file: file, place: "merge \(rank)",
                reason: "\"\(text(left)) \(text(right))\" needs a piece that the vocabulary lacks")
        }
    }
}
