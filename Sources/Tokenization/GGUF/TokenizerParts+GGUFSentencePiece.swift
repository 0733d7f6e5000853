// TokenizerParts+GGUFSentencePiece.swift — GGUF vocabularies of model "llama": SentencePiece-style merges by score.
// Tokenization › GGUF.  Kudo and Richardson 2018, arXiv:1808.06226; llama.cpp's SPM tokenizer.

import Base

extension TokenizerParts {
    init(sentencePiece source: GGUFVocabulary) throws(TokenizerError) {
        let types = try source.checkedTypes()
        guard !source.scores.isEmpty else {
            throw .invalidVocabulary(reason: "tokenizer.ggml.scores is missing; the model \"llama\" merges by score")
        }
        // The converter leaves these out when they are SentencePiece's usual ones.
        let usual = { (id: Int) in id < source.tokens.count ? id : nil }
        let unknown = source.unknown ?? usual(0)
        let beginning = source.beginningOfSequence ?? usual(1)
        let end = source.endOfSequence ?? usual(2)

        let isMergeable = { (id: Int) in types[id] == .normal || types[id] == .userDefined }
        let vocabulary = Vocabulary(
            sentencePieces: source.tokens.indices.map { isMergeable($0) ? source.tokens[$0] : [] })
        var model = BytePairModel(
            vocabulary: vocabulary, tokenCount: source.tokens.count,
            merges: try MergeTable(scores: source.scores, tokenCount: source.tokens.count, vocabulary: vocabulary),
            alphabet: .characters(byteTokens: source.byteTokens(types)))
        model.unknown = unknown.map(Int32.init)
        model.fusesUnknown = true

        let addsPrefixSpace = source.addSpacePrefix ?? true
        self.init(
            model: .bytePair(model),
            pieces: source.tokens.indices.map { id in
                switch types[id] {
                case .byte: source.tokens[id].byteOfFallbackToken.map { [$0] } ?? source.tokens[id]
                case .normal, .userDefined, .unused: source.tokens[id].withBlanksForSentencePieceSpaces
                case .control, .unknown: source.tokens[id]
                }
            })
        normalizer = .sentencePiece(addsPrefixSpace: addsPrefixSpace)
        stripsLeadingSpace = addsPrefixSpace
        addedTokens = source.addedTokens(types)
        beginningOfSequence = beginning.map { TokenID($0) }
        if let beginning, source.addBeginningOfSequence ?? true { prefix = [TokenID(beginning)] }
        if let end, source.addEndOfSequence == true { suffix = [TokenID(end)] }
        endOfSequence = source.endTokens(types, endOfSequence: end)
        templateVariables = source.templateVariables(beginning: beginning, end: end, unknown: unknown)
        chatTemplates = source.chatTemplates
    }
}

extension GGUFVocabulary {
    /// The token of each byte, or empty when one is missing: then what has no piece becomes the unknown token.
    func byteTokens(_ types: [GGUFTokenType]) -> [Int32] {
        var byteTokens = [Int32](repeating: -1, count: 256)
        for id in tokens.indices where types[id] == .byte {
            if let byte = tokens[id].byteOfFallbackToken { byteTokens[Int(byte)] = Int32(id) }
        }
        return byteTokens.contains(-1) ? [] : byteTokens
    }
}

extension Vocabulary {
    /// A vocabulary for merging by score: after the pieces themselves come the characters that occur in pieces but
    /// are no pieces. They have no token, yet longer pieces are merged from them.
    init(sentencePieces pieces: [[UInt8]]) {
        let known = Set(pieces)
        var characters: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        for piece in pieces {
            for character in piece.scalarSlices.map(Array.init) where character.count < piece.count {
                if !known.contains(character) && seen.insert(character).inserted { characters.append(character) }
            }
        }
        self.init(pieces: pieces + characters)
    }
}

extension MergeTable {
    /// Every way to make a piece from two symbols is a rule whose rank is the piece's place by score. Pieces of the
    /// same score share a rank: between them the leftmost pair is merged first.
    init(scores: [Float], tokenCount: Int, vocabulary: Vocabulary) throws(TokenizerError) {
        if let id = scores.firstIndex(where: \.isNaN) {
            throw .invalidVocabulary(reason: "tokenizer.ggml.scores of token \(id) is not a number")
        }
        var ranks: [Float: UInt32] = [:]
        for score in Set(scores).sorted(by: >) { ranks[score] = UInt32(ranks.count) }
        var rules: [(left: Int32, right: Int32, rank: UInt32, result: Int32)] = []
        for id in 0..<Int32(tokenCount) {
            let piece = vocabulary.bytes(of: id)
            // Of two ids with the same text only one can be made.
            guard vocabulary.id(of: piece.span) == id else { continue }
            for cut in piece.indices.dropFirst() where piece[cut] & 0xc0 != 0x80 {
                let halves = (piece[..<cut], piece[cut...])
                guard let left = vocabulary.id(of: halves.0.span), let right = vocabulary.id(of: halves.1.span) else {
                    continue
                }
                rules.append((left, right, ranks[scores[Int(id)]] ?? .max - 1, id))
            }
        }
        self.init(capacity: rules.count)
        for rule in rules { insert(left: rule.left, right: rule.right, rank: rule.rank, result: rule.result) }
    }
}

extension [UInt8] {
    /// The byte that a token written `<0x0A>` stands for.
    var byteOfFallbackToken: UInt8? {
        guard count == 6, starts(with: "<0x".utf8), self[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: self[3..<5], as: UTF8.self), radix: 16)
    }

    /// U+2581 as the blank that it stands for.
    var withBlanksForSentencePieceSpaces: [UInt8] {
        Normalizer(steps: [.replace(Normalizer.sentencePieceSpace, by: [UInt8(ascii: " ")])])
            .normalize(MarkedText(bytes: self)).bytes
    }

    /// The scalars' bytes; what is no valid UTF-8 by maximal subparts.
    var scalarSlices: [ArraySlice<UInt8>] {
        var slices: [ArraySlice<UInt8>] = []
        var position = 0
        while position < count {
            let end = position + UTF8Decoding.scalar(in: span, at: position, end: count).length
            slices.append(self[position..<end])
            position = end
        }
        return slices
    }
}
