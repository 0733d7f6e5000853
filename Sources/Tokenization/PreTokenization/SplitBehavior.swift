// SplitBehavior.swift — what becomes of the separators when a text is cut at them.
// Tokenization › PreTokenization.  Names and meanings are those of Hugging Face tokenizers.

enum SplitBehavior: String, Sendable, CaseIterable {
    /// Every match is a word, and so is every stretch between two.
    case isolated = "Isolated"
    /// Matches vanish.
    case removed = "Removed"
    /// A match ends the word before it.
    case mergedWithPrevious = "MergedWithPrevious"
    /// A match begins the word after it.
    case mergedWithNext = "MergedWithNext"
    /// As isolated, but matches that touch are one word.
    case contiguous = "Contiguous"
}

/// Takes the matches of one stretch of text and the stretches between them, in order, and gives out words.
struct WordCutter {
    let behavior: SplitBehavior
    /// Matches and stretches between them change places.
    var isInverted = false
    private(set) var words: [Range<Int>] = []
    /// The last word of the stretch at hand; held back, because what follows may join it.
    private var open: Range<Int>?
    private var previousIsMatch = false

    init(_ behavior: SplitBehavior, isInverted: Bool = false) {
        self.behavior = behavior
        self.isInverted = isInverted
    }

    mutating func append(_ range: Range<Int>, isMatch: Bool) {
        let isMatch = isMatch != isInverted
        let joins =
            switch behavior {
            case .isolated: false
            case .removed: false
            case .mergedWithPrevious: isMatch && !previousIsMatch
            case .mergedWithNext: !isMatch && previousIsMatch
            case .contiguous: isMatch == previousIsMatch
            }
        previousIsMatch = isMatch
        if joins, let start = open?.lowerBound {
            open = start..<range.upperBound
            return
        }
        close()
        if behavior != .removed || !isMatch { open = range }
    }

    /// Ends a stretch: nothing joins across its end.
    mutating func finish() {
        close()
        previousIsMatch = false
    }

    private mutating func close() {
        if let open, !open.isEmpty { words.append(open) }
        open = nil
    }
}
