// StopStrings.swift — cuts the output where a stop string appears, and holds back what might become one.
// Server › Completion.  Matching: Knuth, Morris & Pratt 1977, doi:10.1137/0206024, one automaton per stop string.

/// Watches a stream of text for the first of several stop strings.
///
/// Works on bytes, one at a time, so the result cannot depend on how tokens split the text:
///
///     text seen    |<- released: nobody waits for it ->|<- held: could begin a stop string ->|
///
/// The match that is *complete* first wins; of several complete at the same byte, the longest. Hence no released
/// text ever contains a stop string. A held suffix starts where a stop string starts, at a character's first byte,
/// so whole characters in give whole characters out.
package struct StopStrings: Sendable {
    /// What one piece of text led to.
    package struct Outcome: Equatable, Sendable {
        /// Text that is certainly in front of any stop string.
        package var released: [UInt8]
        /// True once a stop string is complete; the match and everything behind it are dropped.
        package var isMatched: Bool

        package init(released: [UInt8], isMatched: Bool) {
            self.released = released
            self.isMatched = isMatched
        }
    }

    private var matchers: [Matcher]
    private let keepsMatch: Bool
    private var held: [UInt8] = []
    package private(set) var isMatched = false

    /// Empty strings are ignored: they would match everywhere.
    /// - Parameter keepsMatch: the match itself is released; only what follows it is dropped.
    package init(_ strings: [[UInt8]], keepsMatch: Bool = false) {
        self.keepsMatch = keepsMatch
        matchers = strings.filter { !$0.isEmpty }.map(Matcher.init)
    }

    /// - Complexity: amortised O(text × stop strings).
    package mutating func push(_ text: [UInt8]) -> Outcome {
        guard !isMatched else { return Outcome(released: [], isMatched: true) }
        guard !matchers.isEmpty else { return Outcome(released: text, isMatched: false) }

        held += text
        let firstNewIndex = held.count - text.count
        for index in firstNewIndex..<held.count {
            guard let matchLength = advance(held[index]) else { continue }
            isMatched = true
            let released = Array(held[..<(index + 1 - (keepsMatch ? 0 : matchLength))])
            held = []
            return Outcome(released: released, isMatched: true)
        }
        let heldCount = matchers.reduce(0) { max($0, $1.matchedCount) }
        let released = Array(held.dropLast(heldCount))
        held.removeFirst(released.count)
        return Outcome(released: released, isMatched: false)
    }

    /// The text still held back when the output ends for another reason: nothing can complete a match any more.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    /// Feeds one byte to every automaton; the length of the longest stop string it completes, if any.
    private mutating func advance(_ byte: UInt8) -> Int? {
        var longest: Int?
        for index in matchers.indices where matchers[index].advance(byte) {
            longest = max(longest ?? 0, matchers[index].pattern.count)
        }
        return longest
    }
}

/// Knuth–Morris–Pratt automaton of one pattern: knows the longest suffix of the input that is a prefix of it.
private struct Matcher: Sendable {
    let pattern: [UInt8]
    /// `border[i]`: length of the longest proper prefix of `pattern[...i]` that is also its suffix.
    private let border: [Int]
    private(set) var matchedCount = 0

    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var border = [0]
        for index in pattern.indices.dropFirst() {
            var length = border[index - 1]
            while length > 0 && pattern[index] != pattern[length] { length = border[length - 1] }
            border.append(pattern[index] == pattern[length] ? length + 1 : 0)
        }
        self.border = border
    }

    /// True when `byte` completes the pattern. Not called again after that.
    mutating func advance(_ byte: UInt8) -> Bool {
        while matchedCount > 0 && pattern[matchedCount] != byte { matchedCount = border[matchedCount - 1] }
        if pattern[matchedCount] == byte { matchedCount += 1 }
        return matchedCount == pattern.count
    }
}
