// WordStep.swift — the general way to cut text into words: one step after another, each cutting what the last one left.
// Tokenization › PreTokenization.  Common combinations have a faster way (PreTokenizer.swift).

/// Text and the words in it, in order. What lies between words is dropped.
struct CutText: Equatable {
    var bytes: [UInt8]
    var words: [Range<Int>]
    /// Whether the first word is the beginning of the whole text.
    var isAtStart: Bool

    init(_ bytes: [UInt8], isAtStart: Bool) {
        self.bytes = bytes
        words = [0..<bytes.count]
        self.isAtStart = isAtStart
    }
}

/// What a `Split` cuts at.
enum WordMatcher: Sendable, Equatable {
    case known(WordPattern)
    case expression(RegularExpression)
    case literal([UInt8])
}

/// One pre-tokenizer of a tokenizer.json.
enum WordStep: Sendable, Equatable {
    case split(WordMatcher, SplitBehavior, isInverted: Bool)
    /// Characters of class `number`: each alone, or a run of them together.
    case digits(individually: Bool)
    case punctuation(SplitBehavior)
    /// White space is dropped; runs of word characters are words, and so are runs of others.
    case whitespace
    /// White space is dropped.
    case whitespaceSplit
    /// White space is dropped, each punctuation character is a word.
    case bert
    /// Blanks become `replacement`, one is put before a word that does not begin with it, and each begins a word.
    case metaspace(replacement: [UInt8], prepends: MetaspacePrefix, splits: Bool)
    /// A blank is put before each word that does not begin with one.
    case prefixSpace

    func apply(to text: inout CutText) {
        switch self {
        case .split(let matcher, let behavior, let isInverted):
            text.cut(behavior, isInverted: isInverted) { matcher.cut($0, offset: $1, &$2) }
        case .digits(let individually):
            text.cut(individually ? .isolated : .contiguous) { word, offset, cutter in
                word.cut(offset, &cutter) { CharacterClasses.classify($0) == .number }
            }
        case .punctuation(let behavior):
            text.cut(behavior) { word, offset, cutter in word.cut(offset, &cutter) { $0.isPunctuationInUnicode8 } }
        case .whitespaceSplit:
            text.cut(.removed) { word, offset, cutter in word.cut(offset, &cutter) { $0.properties.isWhitespace } }
        case .bert:
            WordStep.whitespaceSplit.apply(to: &text)
            WordStep.punctuation(.isolated).apply(to: &text)
        case .whitespace:
            WordStep.whitespaceSplit.apply(to: &text)
            text.cut(.contiguous) { word, offset, cutter in word.cut(offset, &cutter) { $0.isWordCharacter } }
        case .metaspace(let replacement, let prefix, let splits):
            text.replaceBlanks(by: replacement, prefix)
            let step = WordStep.split(.literal(replacement), .mergedWithNext, isInverted: false)
            if splits { step.apply(to: &text) }
        case .prefixSpace:
            text.rewrite { word, _ in word.first == UInt8(ascii: " ") ? Array(word) : [UInt8(ascii: " ")] + word }
        }
    }
}

enum MetaspacePrefix: String, Sendable {
    case always, first, never
}

extension CutText {
    /// Cuts every word by what `find` reports of it.
    fileprivate mutating func cut(
        _ behavior: SplitBehavior, isInverted: Bool = false,
        _ find: (_ word: Span<UInt8>, _ offset: Int, inout WordCutter) -> Void
    ) {
        var cutter = WordCutter(behavior, isInverted: isInverted)
        // A copy of the reference: a span of the property itself would keep all of `self` from changing.
        let bytes = bytes
        let span = bytes.span
        for word in words {
            find(span.extracting(word), word.lowerBound, &cutter)
            cutter.finish()
        }
        words = cutter.words
    }

    fileprivate mutating func rewrite(_ change: (_ word: ArraySlice<UInt8>, _ isFirst: Bool) -> [UInt8]) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + words.count)
        var moved: [Range<Int>] = []
        for word in words {
            let start = result.count
            result += change(bytes[word], moved.isEmpty && isAtStart && word.lowerBound == 0)
            moved.append(start..<result.count)
        }
        bytes = result
        words = moved
    }

    fileprivate mutating func replaceBlanks(by replacement: [UInt8], _ prefix: MetaspacePrefix) {
        rewrite { word, isFirst in
            let text = word.flatMap { $0 == UInt8(ascii: " ") ? replacement : [$0] }
            let isWanted = prefix == .always || prefix == .first && isFirst
            return isWanted && !text.starts(with: replacement) ? replacement + text : text
        }
    }
}

extension Span<UInt8> {
    /// Every character that `isMatch` accepts is a match; the runs between them are not. Ill-formed bytes are none.
    fileprivate func cut(_ offset: Int, _ cutter: inout WordCutter, _ isMatch: (Unicode.Scalar) -> Bool) {
        var runStart = 0
        var position = 0
        while position < count {
            let decoded = UTF8Decoding.scalar(in: self, at: position, end: count)
            let end = position + decoded.length
            if decoded.isValid, let scalar = Unicode.Scalar(decoded.value), isMatch(scalar) {
                if runStart < position { cutter.append(offset + runStart..<offset + position, isMatch: false) }
                cutter.append(offset + position..<offset + end, isMatch: true)
                runStart = end
            }
            position = end
        }
        if runStart < count { cutter.append(offset + runStart..<offset + count, isMatch: false) }
    }
}
