// TemplateString+Search.swift — where one text lies in another, in time that grows with their lengths' sum.
// Tokenization › ChatTemplate › Runtime.  Knuth, Morris and Pratt, "Fast Pattern Matching in Strings" (1977).

extension TemplateString {
    /// Where `part` begins first within `start..<end`.
    func firstIndex(of part: TemplateString, from start: Int = 0, to end: Int? = nil) -> Int? {
        let length = (end ?? count) - start
        return TemplateString.firstMatch(of: part.characters, in: length) { characters[start + $0] }.map { start + $0 }
    }

    /// Where `part` begins last within `start..<end`: the first match when both are read backwards.
    func lastIndex(of part: TemplateString, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? count
        let match = TemplateString.firstMatch(of: part.characters.reversed(), in: end - start) {
            characters[end - 1 - $0]
        }
        return match.map { end - $0 - part.count }
    }

    /// The first place at which `part` stands among `length` characters. A template may look for one long text in
    /// another, where trying every place anew would take the product of their lengths.
    private static func firstMatch(
        of part: [TemplateCharacter], in length: Int, _ character: (Int) -> TemplateCharacter
    ) -> Int? {
        guard part.count <= length else { return nil }
        guard !part.isEmpty else { return 0 }
        let borders = longestBorders(part)
        var matched = 0
        for place in 0..<length {
            let next = character(place)
            while matched > 0 && part[matched] != next { matched = borders[matched - 1] }
            if part[matched] == next { matched += 1 }
            if matched == part.count { return place + 1 - matched }
        }
        return nil
    }

    /// For each beginning of `part`, the length of its longest proper beginning that is also its end.
    private static func longestBorders(_ part: [TemplateCharacter]) -> [Int] {
        var borders = [Int](repeating: 0, count: part.count)
        var border = 0
        for place in part.indices.dropFirst() {
            while border > 0 && part[border] != part[place] { border = borders[border - 1] }
            if part[border] == part[place] { border += 1 }
            borders[place] = border
        }
        return borders
    }
}
