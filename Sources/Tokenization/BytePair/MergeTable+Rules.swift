// MergeTable+Rules.swift — merge rules as tokenizer files write them: pairs of pieces, the strongest first.
// Tokenization › BytePair.

extension MergeTable {
    /// - Parameters:
    ///   - rules: left and right piece of each rule; its place is its rank.
    ///   - spelledInByteAlphabet: the pieces are written in GPT-2's byte alphabet, the vocabulary's in bytes.
    ///   - file: named in errors.
    /// - Throws: `malformed` for a rule whose pieces, or what they make, the vocabulary lacks.
    init(
        rules: some Collection<(left: [UInt8], right: [UInt8])>, vocabulary: Vocabulary, spelledInByteAlphabet: Bool,
        file: String
    ) throws(TokenizerError) {
        self.init(capacity: rules.count)
        var rank: UInt32 = 0
        for rule in rules {
            let left = spelledInByteAlphabet ? ByteAlphabet.bytes(ofPiece: rule.left) : rule.left
            let right = spelledInByteAlphabet ? ByteAlphabet.bytes(ofPiece: rule.right) : rule.right
            guard let left, let right, let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right),
                let result = vocabulary.id(of: left + right)
            else {
                throw .malformed(
                    file: file, place: "merge \(rank)",
                    reason: "\"\(String(decoding: rule.left, as: UTF8.self)) \(String(decoding: rule.right, as: UTF8.self))\" "
                        + "needs a piece that the vocabulary lacks")
            }
            insert(left: leftID, right: rightID, rank: rank, result: result)
            rank += 1
        }
    }
}
