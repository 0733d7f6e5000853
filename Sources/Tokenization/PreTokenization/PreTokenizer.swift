// PreTokenizer.swift — cuts text into the words inside which merging happens.
// Tokenization › PreTokenization.

/// How a model cuts its text before byte-pair merging.
package struct PreTokenizer: Sendable, Equatable {
    /// A blank is put before text that does not begin with one (`add_prefix_space`).
    var addsPrefixSpace = false
    /// Every character of class `number` is a word of its own, and the pattern sees the text between two of them
    /// alone (`Digits` with `individual_digits`, before the pattern; SmolLM).
    var isolatesDigits = false
    /// Nil: all the text is one word (SentencePiece-style models).
    var pattern: WordPattern?
    /// Whatever the three above cannot say, and then they say nothing: done by `cut`.
    private(set) var steps: [WordStep] = []

    init(addsPrefixSpace: Bool = false, isolatesDigits: Bool = false, pattern: WordPattern? = nil) {
        self.addsPrefixSpace = addsPrefixSpace
        self.isolatesDigits = isolatesDigits
        self.pattern = pattern
    }

    /// Takes the fast way where the steps are one that it knows.
    init(steps: [WordStep]) {
        var rest = steps[...]
        if rest.first == .prefixSpace {
            addsPrefixSpace = true
            rest.removeFirst()
        }
        if rest.first == .digits(individually: true) {
            isolatesDigits = true
            rest.removeFirst()
        }
        if case .split(.known(let pattern), .isolated, isInverted: false) = rest.first {
            self.pattern = pattern
            rest.removeFirst()
        }
        guard rest.isEmpty, pattern != nil || !isolatesDigits else {
            self = PreTokenizer()
            self.steps = steps
            return
        }
    }

    /// The words of `text` by the general way. They need not cover the text, and may be rewritten.
    /// - Parameter isAtStart: nothing of the whole text comes before `text`.
    func cut(_ text: Span<UInt8>, isAtStart: Bool) -> CutText {
        var cut = CutText(text.indices.map { text[$0] }, isAtStart: isAtStart)
        for step in steps { step.apply(to: &cut) }
        return cut
    }

    /// Calls `body` with each word's range, in order. The ranges cover the text.
    /// - Complexity: O(length); a white-space run of a cl100k pattern is looked at twice.
    func forEachWord(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        if text.isEmpty { return }
        guard let pattern else { return body(0..<text.count) }
        let classes = CharacterClasses.shared
        var start = 0
        var segmentEnd = text.count
        var segmentIsKnown = !isolatesDigits
        while start < text.count {
            if isolatesDigits {
                let (first, length) = classes.character(in: text, at: start, end: text.count)
                if first == .number {
                    body(start..<(start + length))
                    start += length
                    segmentIsKnown = false
                    continue
                }
            }
            if !segmentIsKnown {
                segmentEnd = PreTokenizer.nextNumber(in: text, from: start, classes: classes)
                segmentIsKnown = true
            }
            let end = pattern.endOfWord(in: text, from: start, end: segmentEnd, classes: classes)
            body(start..<end)
            start = end
        }
    }

    private static func nextNumber(in text: Span<UInt8>, from start: Int, classes: CharacterClasses) -> Int {
        var position = start
        while position < text.count {
            let (found, length) = classes.character(in: text, at: position, end: text.count)
            if found == .number { break }
            position += length
        }
        return position
    }
}
