// SupportCheck.swift — does a sentence of the notes say what a sentence of an answer says?
// Explainer › Answer › Cited.  No model judges: numbers, names and quotations must be found, and words in common.

import Glibc
import Retrieval

/// Checks against the sentences of one prompt.
package struct SupportCheck: Sendable {
    /// Share of a sentence's words, by weight, that its source must have, each as often: "weight weight weight" is hardly
    /// what a sentence with one "weight" says. On judged answers .2 finds the gold sentence best (F1 .85); it is a floor, the
    /// other checks are strict.
    static let leastOverlap = 0.2

    package let sources: [AnswerSentence]
    private let words: [[String: Int]]
    /// What the source's section of its note says in the prompt: where its numbers and names may stand.
    private let contexts: [String]
    private let weights: [String: Double]
    private let unknownWeight: Double

    /// - Complexity: O(words).
    package init(_ sources: [AnswerSentence]) {
        self.sources = sources
        let words = sources.map { Self.words($0.line) }
        self.words = words
        contexts = sources.map { source in
            sources.filter { $0.note.id == source.note.id && $0.heading == source.heading }.map(\.line)
                .joined(separator: "\n")
        }
        var counts: [String: Int] = [:]
        for word in words.joined() { counts[word.key, default: 0] += 1 }
        let total = Double(sources.count + 1)
        weights = counts.mapValues { log(1 + total / Double($0)) }
        unknownWeight = log(1 + total)
    }

    /// Whether the source at `index` supports `text`.
    package func supports(_ text: String, by index: Int) -> Bool {
        guard sources.indices.contains(index) else { return false }
        let context = contexts[index]
        let facts = TextFacts(context)
        let claims = TextFacts(text)
        return claims.numbers.isSubset(of: facts.numbers)
            && claims.names.allSatisfy { context.contains($0) }
            && claims.quotations.allSatisfy { context.contains($0) }
            && overlap(Self.words(text), index) >= Self.leastOverlap
    }

    /// The source that supports `text` and has most of its words; nil if none supports it.
    package func bestSource(of text: String) -> Int? {
        let wanted = Self.words(text)
        let order = sources.indices.sorted { left, right in
            let (a, b) = (overlap(wanted, left), overlap(wanted, right))
            return a != b ? a > b : left < right
        }
        return order.first { supports(text, by: $0) }
    }

    private func overlap(_ wanted: [String: Int], _ index: Int) -> Double {
        var (shared, total) = (0.0, 0.0)
        // In one order: a sum would depend on where the words happen to lie.
        for word in wanted.keys.sorted() {
            let (count, weight) = (wanted[word] ?? 0, weights[word] ?? unknownWeight)
            shared += weight * Double(min(count, words[index][word] ?? 0))
            total += weight * Double(count)
        }
        return total > 0 ? shared / total : 0
    }

    /// Each with how often it stands there.
    private static func words(_ text: String) -> [String: Int] {
        Analyzer().terms(of: text).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

/// What of a text can be right or wrong to the letter.
struct TextFacts: Equatable {
    private(set) var numbers: Set<String> = []
    /// `code`, and words with a capital, a digit or an underscore inside: `KVCache`, `top_p`, `fp8`.
    private(set) var names: Set<String> = []
    private(set) var quotations: [String] = []

    init(_ text: String) {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        for index in parts.indices where index % 2 == 1 && index < parts.count - 1 {
            names.insert(String(parts[index]))
        }
        let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
        for index in quoted.indices where index % 2 == 1 && index < quoted.count - 1 {
            quotations.append(String(quoted[index]))
        }
        for word in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || "_.,".contains($0)) }) {
            note(word.drop { ".,".contains($0) }.reversed().drop { ".,".contains($0) }.reversed())
        }
    }

    private mutating func note(_ characters: [Character]) {
        guard let first = characters.first else { return }
        if first.isNumber, characters.allSatisfy({ $0.isNumber || ".,".contains($0) }) {
            numbers.insert(String(characters.filter { $0 != "," }))
        } else if characters.contains("_") || characters.dropFirst().contains(where: { $0.isUppercase || $0.isNumber })
        {
            names.insert(String(characters))
        }
    }
}
