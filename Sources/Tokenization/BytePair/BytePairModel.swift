// BytePairModel.swift — turns one word into tokens: its smallest symbols, then merges.
// Tokenization › BytePair.  Design: BPE model of Hugging Face tokenizers; SentencePiece (Kudo 2018, arXiv:1808.06226).

import Base

/// A byte-pair vocabulary with its merge rules.
struct BytePairModel: Sendable {
    /// What words are made of before merging.
    enum Alphabet: Sendable {
        /// Bytes (GPT-2 and all byte-level models): the symbol of each, −1 for a byte that the vocabulary lacks.
        case bytes([Int32])
        /// Characters (SentencePiece style): one without a symbol becomes these 256 byte tokens, if there are any.
        case characters(byteTokens: [Int32])
    }

    /// The pieces. Symbols from `tokenCount` on are no tokens, but characters that pieces are merged from; one that
    /// is left after merging is spelled in bytes.
    let vocabulary: Vocabulary
    let tokenCount: Int
    let merges: MergeTable
    let alphabet: Alphabet
    /// Stands for what has no symbol. Without it, such a byte or character is dropped, as the reference does.
    var unknown: Int32?
    /// Neighbouring unknowns become one.
    var fusesUnknown = false
    /// A word that is a piece is that token, whatever the merge rules would make of it (Llama 3).
    var ignoresMerges = false
    /// Of a character alphabet: the symbols of the ASCII characters, −1 for one without.
    private let asciiSymbols: [Int32]
    /// No rule reaches over the beginning of a word marked by U+2581, so that a text may be cut there before merging.
    private let cutsBeforeSpaces: Bool

    init(vocabulary: Vocabulary, tokenCount: Int, merges: MergeTable, alphabet: Alphabet) {
        self.vocabulary = vocabulary
        self.tokenCount = tokenCount
        self.merges = merges
        self.alphabet = alphabet
        if case .characters = alphabet {
            asciiSymbols = (0..<128).map { vocabulary.id(of: [$0]) ?? -1 }
            cutsBeforeSpaces = BytePairModel.canCutBeforeSpaces(vocabulary, merges)
        } else {
            asciiSymbols = []
            cutsBeforeSpaces = false
        }
    }

    /// Appends the tokens of `word`.
    /// - Parameter merger: scratch space, reused between words.
    func append(_ word: Span<UInt8>, to output: inout [TokenID], merger: inout PairMerger) {
        if ignoresMerges, let whole = vocabulary.id(of: word), whole < tokenCount {
            output.append(TokenID(whole))
            return
        }
        guard cutsBeforeSpaces else { return merge(word, into: &output, &merger) }
        // The words of a text are short, and merging many short ones is several times faster than one long one.
        var start = 0
        while start < word.count {
            let end = BytePairModel.nextCut(in: word, from: start)
            merge(word.extracting(start..<end), into: &output, &merger)
            start = end
        }
    }

    /// Spells `word` in symbols, and merges them.
    private func merge(_ word: Span<UInt8>, into output: inout [TokenID], _ merger: inout PairMerger) {
        merger.symbols.removeAll(keepingCapacity: true)
        switch alphabet {
        case .bytes(let symbols): spell(word, in: symbols, &merger.symbols)
        case .characters(let byteTokens): spell(word, inCharactersOr: byteTokens, &merger.symbols)
        }
        merger.merge(with: merges)
        for symbol in merger.symbols {
            if symbol < tokenCount {
                output.append(TokenID(symbol))
            } else if case .characters(let byteTokens) = alphabet, !byteTokens.isEmpty {
                for byte in vocabulary.bytes(of: symbol) { output.append(TokenID(byteTokens[Int(byte)])) }
            } else if let unknown, !(fusesUnknown && output.last == TokenID(unknown)) {
                output.append(TokenID(unknown))
            }
        }
    }

    private func spell(_ word: Span<UInt8>, in byteSymbols: [Int32], _ symbols: inout [Int32]) {
        for index in word.indices {
            let symbol = byteSymbols[Int(word[index])]
            if symbol >= 0 { symbols.append(symbol) } else { appendUnknown(&symbols) }
        }
    }

    private func spell(_ word: Span<UInt8>, inCharactersOr byteTokens: [Int32], _ symbols: inout [Int32]) {
        var position = 0
        while position < word.count {
            if word[position] < 0x80, case let symbol = asciiSymbols[Int(word[position])], symbol >= 0 {
                symbols.append(symbol)
                position += 1
                continue
            }
            let end = position + UTF8Decoding.scalar(in: word, at: position, end: word.count).length
            if let symbol = vocabulary.id(of: word.extracting(position..<end)) {
                symbols.append(symbol)
            } else if byteTokens.isEmpty {
                appendUnknown(&symbols)
            } else {
                for index in position..<end { symbols.append(byteTokens[Int(word[index])]) }
            }
            position = end
        }
    }

    private func appendUnknown(_ symbols: inout [Int32]) {
        guard let unknown, !(fusesUnknown && symbols.last == unknown) else { return }
        symbols.append(unknown)
    }
}

// MARK: - Cutting a text into words

extension BytePairModel {
    /// Whether every rule whose right side begins with U+2581 has a left side that ends with it (a run of blanks): then
    /// nothing is ever merged over a change from another character to U+2581. It must have a symbol itself, or it would
    /// be spelled in bytes, or run together with an unknown character before it.
    private static func canCutBeforeSpaces(_ vocabulary: Vocabulary, _ merges: MergeTable) -> Bool {
        let space = Normalizer.sentencePieceSpace
        guard vocabulary.id(of: space) != nil else { return false }
        return merges.allPairsSatisfy { left, right in
            !vocabulary.bytes(of: right).starts(with: space)
                || vocabulary.bytes(of: left).suffix(3).elementsEqual(space)
        }
    }

    /// The next place after `start` where U+2581 follows another character, or the end.
    private static func nextCut(in text: Span<UInt8>, from start: Int) -> Int {
        var position = start + 1
        // U+2581 is never part of another character's bytes, well formed or not.
        while position + 2 < text.count {
            if isSpace(text, at: position) && !(position - start >= 3 && isSpace(text, at: position - 3)) {
                return position
            }
            position += 1
        }
        return text.count
    }

    private static func isSpace(_ text: Span<UInt8>, at position: Int) -> Bool {
        text[position] == 0xe2 && text[position + 1] == 0x96 && text[position + 2] == 0x81
    }
}
