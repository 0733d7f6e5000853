// QuotationGrammar.swift — what a model may say in `strict`: whole sentences and connecting phrases, as tokens.
// Explainer › Answer.  The same table that holds the decoder tells afterwards what it has said.

import Base
import Sampling

/// Sentences that may follow an answer's lead, and how they may be joined.
///
///     lead ─┬─ " " ──────────────┬─ sentence ─┬─ … ─┬─ end
///           ├─ " In practice: " ─┤            │     │
///           └────────────────────┴────────────┴─────┘
///
/// Within a paragraph the sentences keep their order, which is that of its thoughts.
/// The space before a sentence belongs to the sentence's tokens, as it does in text that a model was trained with.
struct QuotationGrammar: Sendable {
    /// One way to go on.
    struct Piece: Sendable, Equatable {
        let phrase: Int
        let sentence: Int
    }

    let sentences: [AnswerSentence]
    /// Each sentence's paragraph.
    private let passages: [Int]
    private let phraseTokens: [[TokenID]]
    private let sentenceTokens: [[TokenID]]

    /// - Parameter sentences: taken in the order of their notes and files, so that the grammar's numbers are in it too.
    init(_ sentences: [AnswerSentence], _ codec: any AnswerCodec) {
        let sentences = sentences.inFileOrder
        self.sentences = sentences
        var paragraphs: [(note: NoteID, start: Int)] = []
        passages = sentences.map { sentence in
            let own = (note: sentence.note.id, start: sentence.paragraphStart)
            if let known = paragraphs.firstIndex(where: { $0 == own }) { return known }
            paragraphs.append(own)
            return paragraphs.count - 1
        }
        phraseTokens = ConnectingPhrases.all.map { codec.encodeContinuation(String($0.dropLast())) }
        sentenceTokens = sentences.map { codec.encodeContinuation(" " + $0.line) }
    }

    func constraint(sentenceCounts: ClosedRange<Int>, endTokens: [TokenID]) -> SpanConstraint {
        var joining = SpanConstraint.Joining()
        joining.connectors = phraseTokens
        joining.saysEachOnce = true
        joining.passages = passages
        joining.minSpanCount = sentenceCounts.lowerBound
        joining.maxSpanCount = sentenceCounts.upperBound
        joining.continues = true
        return SpanConstraint(spans: sentenceTokens, joining: joining, endTokens: endTokens)
    }

    /// Tokens of the longest output that `constraint` allows, its end included.
    func longestOutput(sentenceCount: Int) -> Int {
        let sentences = sentenceTokens.map(\.count).sorted(by: >).prefix(sentenceCount)
        return sentences.reduce(1, +) + sentences.count * (phraseTokens.map(\.count).max() ?? 0)
    }

    func tokens(ofSentence index: Int) -> [TokenID] { sentenceTokens[index] }

    func tokens(of piece: Piece) -> [TokenID] { phraseTokens[piece.phrase] + sentenceTokens[piece.sentence] }

    /// Every way to go on.
    var pieces: [Piece] {
        phraseTokens.indices.flatMap { phrase in
            sentenceTokens.indices.map { Piece(phrase: phrase, sentence: $0) }
        }
    }
}

/// Reads an output back: which sentences it has said, each as soon as that is certain.
struct QuotationReader: Sendable {
    private let pieces: [(piece: QuotationGrammar.Piece, tokens: [TokenID])]
    /// Since the last piece that is certain, and the piece that these tokens are, should nothing else come of them.
    private var pending: [TokenID] = []
    private var complete: QuotationGrammar.Piece?

    init(_ grammar: QuotationGrammar) { pieces = grammar.pieces.map { ($0, grammar.tokens(of: $0)) } }

    /// - Returns: the piece that is certain with this token, if one is.
    mutating func push(_ token: TokenID) -> [QuotationGrammar.Piece] {
        pending.append(token)
        var read: [QuotationGrammar.Piece] = []
        if !matches.contains(where: { _ in true }), let piece = complete {
            // A longer reading was possible and did not come true: the token begins the next piece.
            read.append(piece)
            pending = [token]
        }
        complete = nil
        let matches = Array(matches)
        guard let whole = matches.first(where: { $0.tokens.count == pending.count }) else { return read }
        if matches.allSatisfy({ $0.tokens.count == pending.count }) {
            read.append(whole.piece)
            pending = []
        } else {
            complete = whole.piece
        }
        return read
    }

    /// The output has ended. - Returns: the last piece, if it was held back.
    mutating func finish() -> QuotationGrammar.Piece? {
        defer { complete = nil }
        return complete
    }

    private var matches: some Sequence<(piece: QuotationGrammar.Piece, tokens: [TokenID])> {
        pieces.lazy.filter { [pending] in $0.tokens.starts(with: pending) }
    }
}
