// Analyzer.swift — text to the terms that are counted and looked up.
// Retrieval › Analysis.  The same for documents and queries; a change of what comes out is a new version, because an
// index keeps what its own version made.

/// Words → lower case → possessive off → stop words out → English stems.
///
/// A word made of parts gives the whole and its parts: `KV-cache`, `KVCache` and `kv_cache` all give "kvcach", "kv",
/// "cach". Ideographs give their pairs.
package struct Analyzer: Sendable {
    /// Stored in every index.
    package static let version = 1
    /// Longer words are not words: keys, hashes, encoded data.
    static let longestTerm = 64
    /// Compounds of more parts (paths, addresses) give the parts only.
    static let mostParts = 6

    package init() {}

    /// Calls `body` with each term and its position in the text; terms of one compound's whole and first part share
    /// a position, and a stop word leaves a gap.
    ///
    /// - Parameter position: of the first word.
    /// - Returns: the position after the last word.
    @discardableResult
    package func analyze(
        _ text: String, from position: Int = 0, _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
    ) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            let stemmer = Stemmer()
            var scanner = WordScanner(bytes)
            var word = ScannedWord()
            var position = position
            while scanner.next(into: &word) {
                let taken = word.bytes.withUnsafeBufferPointer { whole in
                    word.isIdeographs
                        ? pairs(whole, word.cuts, position, body)
                        : terms(whole, word.cuts, position, stemmer, body)
                }
                position += taken
            }
            return position
        }
    }

    /// The terms in order, as text, for tests and for other programs.
    package func terms(of text: String) -> [String] {
        var terms: [String] = []
        analyze(text) { term, _ in terms.append(String(decoding: term, as: UTF8.self)) }
        return terms
    }

    /// - Returns: how many positions the word takes.
    private func terms(
        _ whole: UnsafeBufferPointer<UInt8>, _ cuts: [Int], _ position: Int, _ stemmer: borrowing Stemmer,
        _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
    ) -> Int {
        if cuts.count < Self.mostParts { term(whole, position, stemmer, body) }
        guard !cuts.isEmpty else { return 1 }
        var start = 0
        for (index, end) in (cuts + [whole.count]).enumerated() {
            term(UnsafeBufferPointer(rebasing: whole[start..<end]), position + index, stemmer, body)
            start = end
        }
        return cuts.count + 1
    }

    private func term(
        _ word: UnsafeBufferPointer<UInt8>, _ position: Int, _ stemmer: borrowing Stemmer,
        _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
    ) {
        var word = word
        if word.count > 2, word[word.count - 1] == UInt8(ascii: "s"), word[word.count - 2] == UInt8(ascii: "'") {
            word = UnsafeBufferPointer(rebasing: word.dropLast(2))
        }
        guard !word.isEmpty, word.count <= Self.longestTerm, !StopWords.contains(word) else { return }
        // Numbers and signs have no forms.
        let isPlain = word.allSatisfy { $0 > 0x39 || $0 == UInt8(ascii: "'") }
        body(isPlain ? stemmer.stem(word) : word, position)
    }

    private func pairs(
        _ run: UnsafeBufferPointer<UInt8>, _ cuts: [Int], _ position: Int,
        _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
    ) -> Int {
        guard !cuts.isEmpty else {
            body(run, position)
            return 1
        }
        let starts = [0] + cuts
        for index in 0..<cuts.count {
            let end = index + 2 < starts.count ? starts[index + 2] : run.count
            body(UnsafeBufferPointer(rebasing: run[starts[index]..<end]), position + index)
        }
        return starts.count
    }
}
