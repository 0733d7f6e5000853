// WordSource.swift — text of a wanted length that no prefix cache has seen, the same for the same seed.
// LoadGeneration › Workload.

/// Random sentences of short common words, most of which are one token in the usual vocabularies.
package struct WordSource: Sendable {
    private var random: SeededRandom
    /// How many words make a token: 1 by default, measured where there is a tokenizer.
    private let wordsPerToken: Double

    package init(seed: UInt64, wordsPerToken: Double = 1) {
        random = SeededRandom(seed: seed)
        self.wordsPerToken = wordsPerToken
    }

    /// About `tokens` tokens.
    package mutating func text(tokens: Int) -> String {
        words(max(1, Int((Double(tokens) * wordsPerToken).rounded())))
    }

    package mutating func words(_ count: Int) -> String {
        var text = ""
        for index in 0..<count {
            if index > 0 { text += " " }
            text += Self.vocabulary[random.integer(in: 0...(Self.vocabulary.count - 1))]
        }
        return text
    }

    /// About `tokens` tokens in sentences of eight words.
    package mutating func sentences(tokens: Int) -> [String] {
        let count = max(1, Int(Double(tokens) * wordsPerToken / 8))
        return (0..<count).map { _ in words(8) + "." }
    }

    static let vocabulary: [String] = """
        the of and to in is was for on that with as by at from his it an were which are this also be had first has one \
        their its after new who they two her she been other when time there into all may than more some so during would \
        over can world no out most then year up about used will between state part years only made these such many him \
        them where while city people three school war name high well known under work because until second later both \
        life now before high through him early being season area use day same film team called line since found what \
        each game south home any north family long became end large still house river small water old great set named \
        back number place way music book head west down left best east show town several white age black power country \
        point four group open own young close land road party run side station red street field air student king came \
        law art light form must death track play help story every green child ever change girl ground hand face far
        """.split(separator: " ").map { String($0) }
}
