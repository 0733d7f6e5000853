// QuestionWords.swift — what of a question is about its subject, for searches that count words.
// Explainer › Evidence.

/// "What", "does", "explain" say how is asked, not about what. The notes' own questions are full of them: they look common
/// to BM25, not empty. Without them about one tuning question in a hundred more finds its note first.
enum QuestionWords {
    /// The text without its question words; all of it if nothing else is left.
    static func subject(of text: String) -> String {
        let kept = named(in: text)
        return kept.isEmpty ? text : kept
    }

    /// The same; empty if nothing else is left.
    static func named(in text: String) -> String {
        text.split(separator: " ").filter { !words.contains(core($0)) }.joined(separator: " ")
    }

    /// Whether anything but question words is there.
    static func hasSubject(_ text: String) -> Bool {
        text.split(separator: " ").contains { !words.contains(core($0)) && !core($0).isEmpty }
    }

    /// In lower case, without the signs around it: "What?" is a question word, "what-if" is not.
    private static func core(_ word: Substring) -> String {
        var letters = word.lowercased()[...]
        while let first = letters.first, !first.isLetter { letters.removeFirst() }
        while let last = letters.last, !last.isLetter { letters.removeLast() }
        return letters.hasSuffix("'s") ? String(letters.dropLast(2)) : String(letters)
    }

    private static let words = Set(
        """
        a about actual actually am any because been can did do does explain from get got has have he hi \
        how i if is it just make me my need one or our she should so some tell than them thing things too \
        us use vs want we were what when where which while who why would you your
        """.split(separator: " ").map(String.init))
}
