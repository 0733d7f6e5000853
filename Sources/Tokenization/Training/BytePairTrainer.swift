// BytePairTrainer.swift — makes a byte-level tokenizer from text.
// Tokenization › Training.  Byte-pair encoding over GPT-2's byte alphabet.

/// Collects text, then learns from it.
///
///     var trainer = try BytePairTrainer(options)
///     try trainer.count(text)                       // as often as there are texts
///     let file = try trainer.train().tokenizerFile  // tokenizer.json
///
/// Ids: the special tokens, the 256 bytes in the order of their letters in the byte alphabet, then one for each new
/// piece. The same text gives the same rules as Hugging Face's BpeTrainer with the byte-level initial alphabet: the
/// most frequent pair first; of equally frequent pairs the one with the smaller left id, then the smaller right id.
package struct BytePairTrainer {
    package struct Options: Sendable {
        /// Special tokens and bytes included.
        package var vocabularySize: Int
        /// Pairs that occur less often are not merged.
        package var minimumFrequency = 0
        package var specialTokens: [String] = []
        package var preTokenizer = TrainingPreTokenizer.gpt2
        /// Each line, with its line feed, is cut into words by itself, as when Hugging Face's trainer is given
        /// files. Without this, no word ends where only a line does, and line feeds in a row can become one token.
        package var splitsLines = true

        package init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
    }

    private let options: Options
    private let preTokenizer: PreTokenizer
    private var words = WordCounts()

    package init(_ options: Options) throws(TrainingError) {
        let specials = options.specialTokens
        guard options.vocabularySize > 256 + specials.count else {
            throw .vocabularyTooSmall(size: options.vocabularySize, alphabet: 256, specialTokens: specials.count)
        }
        guard options.vocabularySize <= Vocabulary.maximumCount else {
            throw .vocabularyTooLarge(size: options.vocabularySize)
        }
        var seen: Set<[UInt8]> = []
        for name in specials {
            if name.utf8.isEmpty { throw .emptySpecialToken }
            guard seen.insert(Array(name.utf8)).inserted else { throw .repeatedSpecialToken(name) }
        }
        self.options = options
        preTokenizer = options.preTokenizer.preTokenizer
    }

    /// Adds a text, of any bytes. Words never reach from one text into the next.
    package mutating func count(_ text: [UInt8]) throws(TrainingError) {
        let text = text.span
        var start = 0
        while start < text.count {
            var end = text.count
            if options.splitsLines {
                end = start
                while end < text.count && text[end] != UInt8(ascii: "\n") { end += 1 }
                end = min(end + 1, text.count)
            }
            let line = text.extracting(start..<end)
            var problem: TrainingError?
            preTokenizer.forEachWord(in: line) { range in
                do throws(TrainingError) { try words.add(line.extracting(range)) } catch { problem = error }
            }
            if let problem { throw problem }
            start = end
        }
    }

    /// Learns as many pieces as were asked for, or as the text gives.
    /// - Parameter progress: called now and then with the number of pieces so far.
    package func train(progress: (Int) -> Void = { _ in }) throws(TrainingError) -> TrainedTokenizer {
        if words.count == 0 { throw .noText }
        var names = options.specialTokens.map { Array($0.utf8) }
        // A special token that can be spelled in the byte alphabet is also the symbol of that text.
        var pieces = names.map { ByteAlphabet.bytes(ofPiece: $0) ?? [] }
        var symbolOfByte = [Int32](repeating: -1, count: 256)
        for byte in (UInt8.min ... .max).sorted(by: { ByteAlphabet.letters[Int($0)] < ByteAlphabet.letters[Int($1)] }) {
            symbolOfByte[Int(byte)] = Int32(pieces.firstIndex(of: [byte]) ?? pieces.count)
            if symbolOfByte[Int(byte)] == pieces.count {
                pieces.append([byte])
                names.append(ByteAlphabet.spell([byte]))
            }
        }
        var learner = MergeLearner(words, pieces: pieces, symbolOfByte: symbolOfByte)
        learner.learn(
            pieceCount: options.vocabularySize, minimumFrequency: options.minimumFrequency, progress: progress)
        if learner.rules.isEmpty { throw .nothingToMerge(minimumFrequency: options.minimumFrequency) }
        for piece in learner.pieces[names.count...] { names.append(ByteAlphabet.spell(piece)) }
        return TrainedTokenizer(
            names: names, specialTokenCount: options.specialTokens.count, rules: learner.rules,
            preTokenizer: options.preTokenizer)
    }
}
