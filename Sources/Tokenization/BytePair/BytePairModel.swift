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

    /// Appends the tokens of `word`.
    /// - Parameter merger: scratch space, reused between words.
    func append(_ word: Span<UInt8>, to output: inout [TokenID], merger: inout PairMerger) {
        if ignoresMerges, let whole = vocabulary.id(of: word), whole < tokenCount {
            output.append(TokenID(whole))
            return
        }
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
