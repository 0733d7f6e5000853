// WordOdds.swift — which words the notes' questions use more often than the questions of others, and how much more.
// Explainer › Gate.  Naive Bayes over stems: Maron 1961, doi:10.1145/321075.321084.

internal import Glibc

/// Says of words, without any vector, whose they are.
struct WordOdds: Sendable {
    private var counts: [[UInt8]: (own: Double, other: Double)] = [:]
    private var own = 0.0
    private var other = 0.0

    /// - Parameters:
    ///   - own: the stems of each of the notes' questions.
    ///   - others: the stems of each question that the notes do not answer.
    init(own questions: some Sequence<Set<[UInt8]>>, others: some Sequence<Set<[UInt8]>>) {
        for stems in questions {
            own += 1
            for stem in stems { counts[stem, default: (0, 0)].own += 1 }
        }
        for stems in others {
            other += 1
            for stem in stems { counts[stem, default: (0, 0)].other += 1 }
        }
    }

    /// The mean log-odds of the stems, about -1…1 when divided by five as here; 0 for words nobody has.
    ///
    /// - Parameter isOther: whether these stems were counted as another's question, and must not speak for themselves.
    func score(_ stems: Set<[UInt8]>, isOther: Bool = false) -> Double {
        guard !stems.isEmpty, own > 0, other > 0 else { return 0 }
        let odds = stems.map { stem -> Double in
            var count = counts[stem] ?? (0, 0)
            if isOther { count.other = max(0, count.other - 1) }
            return log((count.own + Self.prior) / (own + 1)) - log((count.other + Self.prior) / (other + 1))
        }
        // In one order: a set's own differs between two runs, and with it the last bits of a sum.
        return odds.sorted().reduce(0, +) / Double(stems.count) / 5
    }

    /// What a stem that nobody used counts on either side.
    private static let prior = 0.3
}
