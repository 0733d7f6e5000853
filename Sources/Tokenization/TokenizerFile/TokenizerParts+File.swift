// TokenizerParts+File.swift — a whole tokenizer.json.
// Tokenization › TokenizerFile.  Format: Hugging Face `tokenizers`, version 1.0.

import Base

extension TokenizerParts {
    /// Reads what the file says, or refuses what this program does not do. `truncation` and `padding` are passed
    /// over: they shape batches for training, and the reference's users reset them too.
    init(tokenizerFile root: LocatedJSON) throws(TokenizerError) {
        let (preTokenizer, isByteLevel) = try PreTokenizer.read(root["pre_tokenizer"])
        let decoding = try PieceDecoding(root["decoder"])
        guard isByteLevel == (decoding == .byteLevel) else {
            throw root["decoder"].unsupported("with this pre-tokenizer")
        }
        let addedTokens = try root["added_tokens"].elements.map { file throws(TokenizerError) in try AddedToken(file) }
        let names = try TokenizerParts.pieces(root["model"]["vocab"], addedTokens)
        let special = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
        var pieces = names.map { decoding.bytes(of: $0) }
        let model = try TokenModel(
            root["model"], names: names, spellings: pieces, special: special, isByteLevel: isByteLevel)
        for token in addedTokens { pieces[Int(token.id)] = decoding.bytes(ofAddedToken: token.content) }
        let frame = try SpecialTokenFrame(root["post_processor"])
        if let id = (frame.prefix + frame.suffix).first(where: { $0.index >= pieces.count }) {
            throw root["post_processor"].malformed("the id \(id) is outside the vocabulary of \(pieces.count)")
        }

        self.init(model: model, pieces: pieces)
        normalizer = try Normalizer(root["normalizer"])
        self.preTokenizer = preTokenizer
        self.addedTokens = addedTokens
        prefix = frame.prefix
        suffix = frame.suffix
        stripsLeadingSpace = decoding.stripsLeadingSpace
    }

    /// Every id's piece as the file writes it; empty for gaps, and for added tokens that the model does not know.
    private static func pieces(_ file: LocatedJSON, _ addedTokens: [AddedToken]) throws(TokenizerError) -> [[UInt8]] {
        guard let vocabulary = file.value, vocabulary.kind == .object else {
            throw file.malformed("expected an object")
        }
        var pieces = [[UInt8]](repeating: [], count: vocabulary.count)
        func grow(to id: Int) {
            if id >= pieces.count { pieces += repeatElement([], count: id + 1 - pieces.count) }
        }
        for (piece, value) in vocabulary.members {
            guard let id = value.integer, id >= 0 && id < Vocabulary.maximumCount else {
                throw file.malformed(
                    "the id of \"\(String(decoding: piece, as: UTF8.self))\" is no number in 0 ..< \(Vocabulary.maximumCount)"
                )
            }
            grow(to: id)
            pieces[id] = piece
        }
        for token in addedTokens { grow(to: Int(token.id)) }
        return pieces
    }
}

extension AddedToken {
    fileprivate init(_ file: LocatedJSON) throws(TokenizerError) {
        self.init(
            id: Int32(try file["id"].requiredID()), content: try file["content"].requiredBytes(),
            isSpecial: try file["special"].bool() ?? false, stripsLeft: try file["lstrip"].bool() ?? false,
            stripsRight: try file["rstrip"].bool() ?? false, isSingleWord: try file["single_word"].bool() ?? false,
            isNormalized: try file["normalized"].bool() ?? true)
    }
}
