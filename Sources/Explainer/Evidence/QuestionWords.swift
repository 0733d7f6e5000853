// QuestionWords.swift — what of a question is about its subject, for searches that count words.
// Explainer › Evidence.

/// "What", "does", "you" say how is asked, not about what. The notes' questions are full of them, so that they look
/// common, not meaningless, to BM25: without them one more of a hundred tuning questions finds its note first.
enum QuestionWords {
    /// The text without its question words; all of it if nothing else is left.
    static func subject(of text: String) -> String {
        let kept = text.split(separator: " ").filter { !words.contains(core($0)) }
        return kept.isEmpty ? text : kept.joined(separator: " ")
    }

    /// In lower case, without what stands around it, and without a possessive.
    private static func core(_ word: Substring) -> String {
        let lower = word.lowercased().drop { !$0.isLetter }
        let letters = lower.prefix { $0.isLetter }
        let rest = lower[letters.endIndex...].drop { $0 == "'" || $0 == "’" }
        // A compound is one word: "how-to", "what's".
        let isWhole = !rest.contains { $0.isLetter || $0.isNumber } || rest.prefix { $0.isLetter } == "s"
        return isWhole ? String(letters) : String(lower)
    }

    private static let words = Set(
        """
        a what which who whom whose how why when where do does did doing done \
        i you he she we they me him us them my your his our its one \
        is are was were be been being am can could will would shall should may might must have has had \
        so too than from about out up any some all more most just also only very really vs there here
        """.split(separator: " ").map(String.init))
}
