// SentenceScanner.swift — where sentences end.
// Retrieval › Ingest.

enum SentenceScanner {
    /// Words whose dot ends no sentence.
    private static let abbreviations: Set<String> = [
        "e.g", "i.e", "etc", "cf", "vs", "fig", "figs", "eq", "eqs", "sec", "no", "vol", "pp", "al", "dr", "mr", "mrs",
        "ms", "prof", "st", "approx", "resp", "ca",
    ]

    /// The sentences of a paragraph: they begin and end at something visible, and leave out only the space between.
    static func sentences(_ bytes: [UInt8], in range: Range<Int>) -> [Range<Int>] {
        var sentences: [Range<Int>] = []
        var start = range.lowerBound
        var position = start
        var isCode = false
        while position < range.upperBound {
            let byte = bytes[position]
            if byte == UInt8(ascii: "`") { isCode.toggle() }
            var end = position + 1
            if !isCode, let stop = stopLength(bytes, at: position, range.upperBound) {
                end = position + stop
                // Closing quotes and brackets belong to the sentence.
                while end < range.upperBound, "\"')]*_".utf8.contains(bytes[end]) { end += 1 }
                if stop == 3 || endsHere(bytes, stop: position, after: end, in: start..<range.upperBound) {
                    sentences.append(start..<end)
                    while end < range.upperBound, bytes[end] <= 0x20 { end += 1 }
                    start = end
                }
            }
            position = end
        }
        var end = range.upperBound
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        if start < end { sentences.append(start..<end) }
        return sentences
    }

    /// Bytes of a stop at the position: `.` `!` `?` or one of `。` `！` `？`.
    private static func stopLength(_ bytes: [UInt8], at position: Int, _ limit: Int) -> Int? {
        switch bytes[position] {
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): return 1
        case 0xE3: return position + 3 <= limit && bytes[position + 1] == 0x80 && bytes[position + 2] == 0x82 ? 3 : nil
        case 0xEF:
            guard position + 3 <= limit, bytes[position + 1] == 0xBC else { return nil }
            return bytes[position + 2] == 0x81 || bytes[position + 2] == 0x9F ? 3 : nil
        default: return nil
        }
    }

    private static func endsHere(_ bytes: [UInt8], stop: Int, after end: Int, in range: Range<Int>) -> Bool {
        guard end < range.upperBound else { return true }
        guard bytes[end] <= 0x20 else { return false }
        var next = end
        while next < range.upperBound, bytes[next] <= 0x20 { next += 1 }
        guard next < range.upperBound else { return true }
        // A small letter goes on with the sentence.
        if (0x61...0x7A).contains(bytes[next]) { return false }
        guard bytes[stop] == UInt8(ascii: ".") else { return true }
        var first = stop
        while first > range.lowerBound, bytes[first - 1] > 0x20, !"([\"'".utf8.contains(bytes[first - 1]) { first -= 1 }
        let word = bytes[first..<stop]
        // An initial such as "J." ends none.
        if word.count == 1, (0x41...0x5A).contains(word.first!) { return false }
        return !abbreviations.contains(String(decoding: word, as: UTF8.self).lowercased())
    }
}
