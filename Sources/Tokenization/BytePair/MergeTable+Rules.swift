// MergeTable+Rules.swift — merge rules as tokenizer files write them: pairs of pieces, the strongest first.
// Tokenization › BytePair.

extension MergeTable {
    /// Turns rules into a table, one by one in order of rank. Nothing is allocated per rule.
    struct Builder {
        /// Inserted at the end, in a loop that does nothing else: the table is larger than a processor's caches, and so
        /// several insertions wait for memory at the same time.
        private var rules: [(left: Int32, right: Int32, result: Int32)] = []
        private let vocabulary: Vocabulary
        private let isSpelledInByteAlphabet: Bool
        private let file: String
        /// The pieces of the rule at hand, as the vocabulary spells them; the second becomes what the rule makes.
        private var right: [UInt8] = []
        private var joined: [UInt8] = []

        /// - Parameters:
        ///   - capacity: how many rules will come.
        ///   - isSpelledInByteAlphabet: rules are written in GPT-2's byte alphabet, the vocabulary in bytes.
        ///   - file: named in errors.
        init(capacity: Int, vocabulary: Vocabulary, isSpelledInByteAlphabet: Bool, file: String) {
            rules.reserveCapacity(capacity)
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
            let next = (rules.last?.result ?? -1) + 1
            guard let result = vocabulary.isUnique(next, joined) ? next : vocabulary.id(of: joined) else {
                throw failure(left, right)
            }
            rules.append((leftID, rightID, result))
        }

        func makeTable() -> MergeTable {
            var table = MergeTable(capacity: rules.count)
            for (rank, rule) in rules.enumerated() {
                table.insert(left: rule.left, right: rule.right, rank: UInt32(rank), result: rule.result)
            }
            return table
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
                file: file, place: "merge \(rules.count)",
                reason: "\"\(text(left)) \(text(right))\" needs a piece that the vocabulary lacks")
        }
    }
}
