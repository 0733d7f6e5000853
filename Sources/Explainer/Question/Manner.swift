// Manner.swift — how an answer is wanted, taken out of a question before it is searched.
// Explainer › Question.

/// Phrases about the answer instead of its subject: "explain attention to me like I am five" asks for attention, and the
/// notes that speak of a child's age are others.
package enum Manner {
    /// The text without them; all of it if no subject is left.
    package static func removed(from text: String) -> String {
        var words = text.split(separator: " ").map(String.init)
        var place = 0
        while place < words.count {
            let length = length(of: anywhere, in: words[place...])
            words.removeSubrange(place..<place + length)
            if length == 0 { place += 1 }
        }
        while case let length = length(of: atAnEnd, in: words[...]), length > 0 { words.removeFirst(length) }
        while case let length = length(of: atAnEnd, atEndOf: words[...]), length > 0 { words.removeLast(length) }
        // The comma that stood before what is gone.
        while let last = words.last?.last, ",;:-".contains(last) { words[words.count - 1].removeLast() }
        let kept = words.joined(separator: " ")
        return QuestionWords.hasSubject(kept) ? kept : text
    }

    /// Words of the longest phrase that the words begin with; 0: none.
    private static func length(of phrases: Set<[String]>, in words: ArraySlice<String>) -> Int {
        (0...min(longest, words.count)).last { phrases.contains(words.prefix($0).map(key)) } ?? 0
    }

    private static func length(of phrases: Set<[String]>, atEndOf words: ArraySlice<String>) -> Int {
        (0...min(longest, words.count)).last { phrases.contains(words.suffix($0).map(key)) } ?? 0
    }

    /// In lower case, without signs; a number is "#", a year is not.
    private static func key(_ word: String) -> String {
        let plain = word.lowercased().filter { $0.isLetter || $0.isNumber }
        return numbers.contains(plain) || (1...3).contains(plain.count) && plain.allSatisfy(\.isNumber) ? "#" : plain
    }

    private static let numbers: Set = ["two", "three", "four", "five", "six", "seven", "eight", "ten"]

    /// These mean nothing else, wherever they stand.
    private static let anywhere = phrases(
        """
        in simple terms, in simple words, in simple language, in plain english, in plain language, in plain words
        in laymans terms, in layman terms, in layperson terms, in your own words, in other words, in a nutshell
        in one sentence, in a sentence, in # sentences, in a few sentences, in a few words, in # words
        in # bullet points, in # bullets, in bullet points, in one paragraph, in a paragraph, in # lines, in detail
        like i am #, like im #, like i were #, as if i am #, as if i was #, as if i were #, like a # year old
        to a # year old, the heck, the hell, on earth
        """)
    /// And these something else inside of a question: prompting goes step by step as well.
    private static let atAnEnd = phrases(
        """
        eli5, eli #, explain like im #, explain like i am #, step by step, briefly, in brief, in short, tldr, tl dr, to me, lol
        as a beginner, for beginners, for a beginner, for dummies, im a beginner, i am a beginner, quick question
        short answer, short version, one sentence, give me a one sentence answer, give me a short answer
        as short as possible, as simply as possible, just curious, out of curiosity, for an interview, for my interview
        i have an interview tomorrow, with an example, with examples, like
        """)
    private static let longest = anywhere.union(atAnEnd).map(\.count).max() ?? 1

    private static func phrases(_ text: String) -> Set<[String]> {
        Set(text.split { $0 == "," || $0 == "\n" }.map { $0.split(separator: " ").map(String.init) })
    }
}
