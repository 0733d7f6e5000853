// Vocabulary.swift — the words of the notes: which ones they have, how rare each is, what a misspelt one was meant to be.
// Explainer › Question.  Distance: Damerau 1964, doi:10.1145/363958.363994, adjacent letters swapped count as one.

internal import Glibc
internal import Retrieval

/// Words in lower case with how often the notes say them, and their stems.
package struct Vocabulary: Sendable {
    private struct Word {
        let letters: [UInt8]
        let count: Int
    }

    /// By first letter and length: a correction keeps the first letter or swaps it.
    private let byLength: [Int: [Word]]
    /// In how many notes each stem is.
    private let stems: [[UInt8]: Int]
    /// Of the texts whose spelling can be trusted.
    private let spelledStems: Set<[UInt8]>
    private let noteCount: Int
    private let analyzer = Analyzer()

    /// Words of fewer letters are not corrected: too many others are near.
    static let shortest = 4
    /// Longer ones are no words.
    static let longest = 24

    /// Stems of words that are right although the notes do not have them, and those words themselves.
    private let otherStems: Set<[UInt8]>
    private let otherWords: Set<[UInt8]>
    /// A long word that nobody wrote is misspelt, whatever its stem, if one edit makes it a word said so often: "continous"
    /// has the stem of "continent", and "explaned" that of "explanation".
    private static let (longWord, leastSaid) = (8, 10)

    /// - Parameters:
    ///   - texts: one a note, everything that is searched in it.
    ///   - spelled: what of them is spelled right, if that is not all: the ways to ask a note have the errors that people make,
    ///     and these must not become words.
    ///   - others: texts of other fields, whose words are not misspelt ones of the notes.
    package init(
        _ texts: some Sequence<String>, spelled: (some Sequence<String>)? = [String]?.none,
        others: some Sequence<String> = []
    ) {
        var counts: [[UInt8]: Int] = [:]
        var stems: [[UInt8]: Int] = [:]
        var noteCount = 0
        for text in texts {
            noteCount += 1
            var own: Set<[UInt8]> = []
            analyzer.analyze(text) { stem, _ in own.insert(Array(stem)) }
            for stem in own { stems[stem, default: 0] += 1 }
            if spelled == nil { Self.count(text, &counts) }
        }
        var spelledStems = Set(stems.keys)
        if let spelled {
            spelledStems = []
            for text in spelled {
                analyzer.analyze(text) { stem, _ in spelledStems.insert(Array(stem)) }
                Self.count(text, &counts)
            }
        }
        self.spelledStems = spelledStems
        var byLength: [Int: [Word]] = [:]
        for (letters, count) in counts where letters.count <= Self.longest {
            byLength[letters.count, default: []].append(Word(letters: letters, count: count))
        }
        // Equal distances are settled by the count, equal counts by the spelling: always the same answer.
        self.byLength = byLength.mapValues { words in
            words.sorted {
                $0.count != $1.count ? $0.count > $1.count : $0.letters.lexicographicallyPrecedes($1.letters)
            }
        }
        self.stems = stems
        self.noteCount = noteCount
        var otherStems: Set<[UInt8]> = []
        var otherWords: Set<[UInt8]> = []
        for text in others {
            analyzer.analyze(text) { stem, _ in otherStems.insert(Array(stem)) }
            otherWords.formUnion(Self.words(text))
        }
        (self.otherStems, self.otherWords) = (otherStems, otherWords)
    }

    /// The distinct stems of a text.
    package func stems(of text: String) -> Set<[UInt8]> {
        var stems: Set<[UInt8]> = []
        analyzer.analyze(text) { stem, _ in stems.insert(Array(stem)) }
        return stems
    }

    /// How much a stem says: BM25's inverse document frequency over the notes, largest for one that no note has.
    package func weight(of stem: [UInt8]) -> Double {
        let count = Double(stems[stem] ?? 0)
        return log(1 + (Double(noteCount) - count + 0.5) / (count + 0.5))
    }

    /// The weight of a stem that no note has.
    var largestWeight: Double { weight(of: []) }

    /// Whether any note has the stem.
    func has(_ stem: [UInt8]) -> Bool { stems[stem] != nil }

    /// The weights of stems together. Summed in the order of the weights: a set's own order differs between two runs,
    /// and with it the last bits of a sum.
    package func weight(ofAll stems: Set<[UInt8]>) -> Double { stems.map { weight(of: $0) }.sorted().reduce(0, +) }

    /// Whether the notes have the word, spelled right and however inflected. Stop words, numbers and signs are not looked for: known.
    package func knows(_ word: String) -> Bool {
        var isKnown = true
        analyzer.analyze(word) { stem, _ in isKnown = isKnown && spelledStems.contains(Array(stem)) }
        return isKnown
    }

    /// The nearest word of the notes; nil where the word is known, too short, or near to nothing.
    ///
    /// One edit for words of up to seven letters, two for longer ones.
    /// - Complexity: O(words of similar length).
    package func correction(of word: String) -> String? {
        let letters = Array(word.lowercased().utf8)
        guard (Self.shortest...Self.longest).contains(letters.count), letters.allSatisfy(Self.isLetter) else {
            return nil
        }
        // By its stem alone, which another word may have as well.
        let isInflected = knows(word) || stems(of: word).isSubset(of: otherStems)
        if isInflected {
            guard letters.count >= Self.longWord, !otherWords.contains(letters),
                byLength[letters.count]?.contains(where: { $0.letters == letters }) != true
            else { return nil }
        }
        let most = letters.count < 8 || isInflected ? 1 : 2
        var best: (word: Word, cost: Int)?
        for length in letters.count - most...letters.count + most {
            for candidate in byLength[length] ?? [] {
                // A word that the notes have once may be misspelt itself.
                guard candidate.count > 1, Self.startsAlike(letters, candidate.letters) else { continue }
                let distance = EditDistance.between(letters, candidate.letters, atMost: most)
                guard distance <= most else { continue }
                if isInflected, candidate.count < Self.leastSaid || isAlike(letters, candidate.letters) { continue }
                let cost = distance
                if let found = best,
                    (found.cost, -found.word.count) < (cost, -candidate.count)
                        || (found.cost == cost && found.word.count == candidate.count
                            && found.word.letters.lexicographicallyPrecedes(candidate.letters))
                {
                    continue
                }
                best = (candidate, cost)
            }
        }
        return best.map { String(decoding: $0.word.letters, as: UTF8.self) }
    }

    /// Two forms of one word.
    private func isAlike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        stems(of: String(decoding: left, as: UTF8.self)) == stems(of: String(decoding: right, as: UTF8.self))
    }

    /// Who misspells begins right, or swaps the first two letters.
    private static func startsAlike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left[0] == right[0] || (right.count > 1 && left[0] == right[1] && left[1] == right[0])
    }

    private static func count(_ text: String, _ counts: inout [[UInt8]: Int]) {
        for word in words(text) where word.count >= 3 { counts[word, default: 0] += 1 }
    }

    /// In lower case; of a compound like "FlashAttention" the whole and its parts, which people write apart.
    private static func words(_ text: String) -> [[UInt8]] {
        text.utf8.split { !isLetter($0 | 0x20) }.flatMap { word -> [[UInt8]] in
            let whole = word.map { $0 | 0x20 }
            let letters = Array(word)
            let cuts = letters.indices.dropFirst().filter { isLetter(letters[$0 - 1]) && !isLetter(letters[$0]) }
            guard !cuts.isEmpty else { return [whole] }
            return [whole] + zip([0] + cuts, cuts + [letters.count]).map { Array(whole[$0..<$1]) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}

/// How many letters must be changed, added, left out or swapped with their neighbor to make one word of another.
enum EditDistance {
    /// The distance, or `limit + 1` if it is more.
    static func between(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int {
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1..<left.count + 1 {
            var current = [row] + [Int](repeating: 0, count: right.count)
            var least = row
            for column in 1..<right.count + 1 {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current[column] = cost
                least = min(least, cost)
            }
            guard least <= limit else { return limit + 1 }
            (beforeLast, last) = (last, current)
        }
        return min(last[right.count], limit + 1)
    }
}
