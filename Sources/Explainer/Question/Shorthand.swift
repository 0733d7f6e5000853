// Shorthand.swift — "wat is teh diff btw x n y": the small words of chats, written out.
// Explainer › Question.  Subjects are not touched: their spelling is corrected by the notes' own words.

/// Words that every question is made of, as hasty people type them. A table, because most are too short to be recognized by
/// their letters, and because a corpus that holds such questions takes them for words.
package enum Shorthand {
    /// The text with these words written out.
    package static func writtenOut(_ text: String) -> String {
        var words = text.split(separator: " ").map(String.init)
        for place in words.indices {
            let (before, core, after) = parts(of: words[place])
            guard let meant = table[core] else { continue }
            words[place] = before + meant + after
        }
        // Alone these are other words: a diff of two files, by the way, n of k.
        for place in words.indices.dropLast() {
            let pair = (parts(of: words[place]).core, parts(of: words[place + 1]).core)
            if differences.contains(pair.0), betweens.contains(pair.1) {
                words[place] = "difference"
                words[place + 1] = "between"
            }
        }
        if words.indices.dropFirst().dropLast().contains(where: { parts(of: words[$0]).core == "n" }),
            words.contains(where: comparisons.contains)
        {
            words = words.map { $0 == "n" ? "and" : $0 }
        }
        return words.joined(separator: " ")
    }

    /// The signs around a word, and the word in lower case.
    private static func parts(of word: String) -> (before: String, core: String, after: String) {
        let isOwn = { (character: Character) in character.isLetter || character.isNumber }
        // "w/o" has its sign inside, "w/" behind it.
        let start = word.firstIndex(where: isOwn) ?? word.endIndex
        let end = word.hasSuffix("w/") ? word.endIndex : word.lastIndex(where: isOwn).map(word.index(after:)) ?? start
        return (String(word[..<start]), word[start..<end].lowercased(), String(word[end...]))
    }

    private static let comparisons: Set = ["difference", "between", "pros", "compare"]
    private static let differences: Set = ["difference", "diff", "diffs", "dif"]
    private static let betweens: Set = ["between", "btw", "btwn", "b/w"]

    private static let table: [String: String] = {
        var table: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let halves = line.split(separator: ":")
            for typed in halves[1].split(separator: " ") { table[String(typed)] = String(halves[0]) }
        }
        return table
    }()

    private static let lines = """
        what: wat wut waht wht whta wath
        what's: wats wahts whta's
        how: hwo
        how to: howto
        how does: hows how's
        why: wy whi
        which: wich whitch whcih
        when: wen
        where: wher
        the: teh hte
        does: dose doess
        doesn't: dosnt doesent dosent
        difference: diffrence diference differnce diffrance diferrence
        between: btwn b/w betwen beetween betwean
        explain: explan explian expain xplain explane explein
        about: abt abut
        because: bc cuz coz becuase becouse
        with: w/ wiht
        without: w/o
        your: ur
        you: u
        please: pls plz
        really: rly
        want to: wanna
        something: smth sth
        people: ppl
        through: thru
        should: shoud shuld
        would: woud wuld
        work: wrok
        works: wroks
        """
}
