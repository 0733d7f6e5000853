// Sentences.swift — the sentences of a note's section, as byte ranges of its file.
// Explainer › Notes.  What is quoted and what is checked are the same units.

/// Finds sentences in the Markdown that notes use.
package enum Sentences {
    /// The sentences of `range` in order. Code blocks, tables and display formulas hold none; a list item, like a
    /// paragraph, begins a new one; a stop inside `code` ends none.
    ///
    /// - Precondition: `range` begins at the start of a line and lies inside `bytes`.
    package static func ranges(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        paragraphs(bytes, in: range).flatMap { split(bytes, $0) }
    }

    /// The programs of `range`: what stands between two fences, without the newline before the second.
    ///
    /// - Precondition: as of `ranges`.
    package static func listings(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        var listings: [Range<Int>] = []
        var open: Int?
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: newline) ?? range.upperBound
            if bytes[start..<end].starts(with: "```".utf8) {
                if let first = open, first < start { listings.append(first..<start - 1) }
                open = open == nil ? end + 1 : nil
            }
            start = end + 1
        }
        return listings
    }

    /// The tables of `range`: lines that begin with `|`, without the newline behind the last one.
    ///
    /// - Precondition: as of `ranges`.
    package static func tables(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        var tables: [Range<Int>] = []
        var isFenced = false
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: newline) ?? range.upperBound
            let line = bytes[start..<end]
            if line.starts(with: "```".utf8) { isFenced.toggle() }
            if !isFenced, line.starts(with: "|".utf8) {
                if let last = tables.last, last.upperBound == start - 1 {
                    tables[tables.count - 1] = last.lowerBound..<end
                } else {
                    tables.append(start..<end)
                }
            }
            start = end + 1
        }
        return tables
    }

    // MARK: - Paragraphs

    private static func paragraphs(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        var paragraphs: [Range<Int>] = []
        var open: Range<Int>?
        var isFenced = false
        func close() {
            if let paragraph = open { paragraphs.append(paragraph) }
            open = nil
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: newline) ?? range.upperBound
            let line = bytes[start..<end]
            let isFence = line.starts(with: "```".utf8)
            if isFence || isFenced || !holdsProse(line) {
                close()
                if isFence { isFenced.toggle() }
            } else if let text = itemText(line) {
                close()
                open = text..<end
            } else {
                open = (open?.lowerBound ?? start)..<end
            }
            start = end + 1
        }
        close()
        return paragraphs
    }

    private static func holdsProse(_ line: ArraySlice<UInt8>) -> Bool {
        !line.isEmpty && !["|", "    ", "$$"].contains { line.starts(with: $0.utf8) }
    }

    /// Where the text after `- ` or `1. ` begins; nil if the line is no list item.
    private static func itemText(_ line: ArraySlice<UInt8>) -> Int? {
        let marked = line.drop { $0 == space }
        if marked.starts(with: "- ".utf8) { return marked.startIndex + 2 }
        let afterDigits = marked.drop(while: isDigit)
        guard afterDigits.startIndex > marked.startIndex, afterDigits.starts(with: ". ".utf8) else { return nil }
        return afterDigits.startIndex + 2
    }

    // MARK: - Sentences

    private static func split(_ bytes: [UInt8], _ paragraph: Range<Int>) -> [Range<Int>] {
        var sentences: [Range<Int>] = []
        var start = paragraph.lowerBound
        var isCode = false
        var index = start
        while index < paragraph.upperBound {
            let byte = bytes[index]
            index += 1
            if byte == backtick { isCode.toggle() }
            guard !isCode, stops.contains(byte) else { continue }
            let stop = index - 1
            while index < paragraph.upperBound, closers.contains(bytes[index]) { index += 1 }
            let end = index
            while index < paragraph.upperBound, bytes[index] == space || bytes[index] == newline { index += 1 }
            guard index > end, index < paragraph.upperBound else { continue }
            let next = bytes[index..<paragraph.upperBound]
            guard begins(next) && !isAbbreviation(bytes[start...stop]) || isHead(bytes[start..<end]) else { continue }
            sentences.append(start..<end)
            start = index
        }
        if start < paragraph.upperBound { sentences.append(start..<paragraph.upperBound) }
        return sentences
    }

    /// Whether a sentence can begin so: a capital, a digit, code or a name like "vLLM", perhaps behind an opening mark.
    private static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
        let word = bytes.drop { openers.contains($0) }
        guard let first = word.first else { return false }
        return isDigit(first) || first == backtick || word.prefix(while: isLetter).contains(where: isCapital)
    }

    /// Whether this is the head of a paragraph or an item, emphasized as a whole: "**Design.**", "*Layout.*"
    package static func isHead(_ sentence: ArraySlice<UInt8>) -> Bool {
        let words = sentence.drop { $0 == asterisk }.reversed().drop { $0 == asterisk }
        return !words.isEmpty && !words.contains(asterisk) && sentence.first == asterisk && sentence.last == asterisk
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    /// Whether the full stop at the end belongs to an abbreviation.
    private static func isAbbreviation(_ sentence: ArraySlice<UInt8>) -> Bool {
        guard sentence.last == UInt8(ascii: ".") else { return false }
        let text = sentence.dropLast()
        let wordStart = text.lastIndex { !isLetter($0) && $0 != UInt8(ascii: ".") }.map { $0 + 1 } ?? text.startIndex
        return abbreviations.contains(String(decoding: text[wordStart...], as: UTF8.self))
    }

    private static let abbreviations: Set<String> = [
        "e.g", "i.e", "etc", "vs", "al", "cf", "approx", "Fig", "Eq", "Dr", "Mr", "St",
    ]
    private static let stops = Set(".!?".utf8)
    private static let closers = Set("\"')*".utf8)
    private static let openers = Set("\"'(*".utf8)
    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let backtick = UInt8(ascii: "`")
    private static let asterisk = UInt8(ascii: "*")

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    // MARK: - Words

    /// How many words a reader sees in `range`: inline code counts as one, emphasis marks as nothing, signs as none.
    package static func wordCount(_ bytes: [UInt8], in range: Range<Int>) -> Int {
        var count = 0
        var isInWord = false
        var index = range.lowerBound
        func enter() {
            if !isInWord { count += 1 }
            isInWord = true
        }
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            switch byte {
            case backtick:
                guard let end = bytes[index..<range.upperBound].firstIndex(of: backtick) else { continue }
                enter()
                index = end + 1
            case asterisk, UInt8(ascii: "_"): continue
            case _ where isLetter(byte) || isDigit(byte): enter()
            // These continue a word and begin none: "don't", "1,024", "12.5%", "top-k".
            case UInt8(ascii: "'"), UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "%"), UInt8(ascii: "-"): continue
            default: isInWord = false
            }
        }
        return count
    }
}
