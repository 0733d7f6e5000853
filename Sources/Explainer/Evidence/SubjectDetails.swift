// SubjectDetails.swift — "what does it cost?" behind an answer: which paragraph of the same note says it.
// Explainer › Evidence.  The short answer was said already: it is said again only where one of its sentences is the answer.

/// Finds the paragraphs of a note that answer a question which has no subject of its own.
///
/// A paragraph's score is the sum of three: the words and aspects that it shares with the question, the cosine of the question
/// with its beginning, and that with its title. Of 119 such questions (Tests/Fixtures/aspects.jsonl) the first alone has the
/// right paragraph first for .71, the second for .70, the third for .69; together .83, and among the first two for .93. Of 59
/// more that were not looked at before: .80 and .92. Whole paragraphs in the place of their first 100 letters have no more, and
/// take five times as long to encode.
struct SubjectDetails: Sendable {
    private let book: SentenceBook
    private let vocabulary: Vocabulary
    private let vectors: ParagraphVectors?

    /// A word in a title counts twice; so does an aspect, as a word that every twentieth note has.
    private static let aspectWeight = 3.0
    private static let mostTold = 3
    private static let (wordsWeight, titleWeight) = (1 / 14.0, 0.9)
    /// The answer to a follow-up leans on its question, "yes" and "no" most of all: a paragraph as good is better. So it is
    /// than what was read before; the short answer was, where it is not known what was. Only a question that wants it once
    /// more, or what follows from it, rather gets the short answer. Of 119 questions like "what does it cost?" an answering
    /// sentence is told for .78, as without the short answer among the paragraphs, and for .50 instead of .31 of 36 like
    /// "so which one should I use?"; with 0 for each .76 and .47.
    private static let (followUpPenalty, yesPenalty, readPenalty, verdictBonus) = (0.25, 0.3, 0.3, 0.1)
    private static let assents: Set = [
        "Yes", "No", "Not", "Nearly", "Almost", "Partly", "Usually", "Often", "Sometimes", "Rarely", "Hardly", "Mostly",
    ]
    /// From here on the paragraph probably answers. Of the questions that stay with their note 84 of 109 reach it, and 3 of 12
    /// that the note does not answer.
    private static let (leastScore, leastWords) = (0.5, 2.5 / 14)
    /// Of the answers before, the last ones, and what an answer has at most, four times over.
    private static let (saidTurns, saidBytes) = (8, 8192)
    /// Sentences of the best paragraph, and of the second one if its score is so near.
    private static let sentenceCounts = [4, 2]
    private static let leastShare = 0.7

    init(book: SentenceBook, vocabulary: Vocabulary, vectors: ParagraphVectors?) {
        self.book = book
        self.vocabulary = vocabulary
        self.vectors = vectors
    }

    /// What a note has to say, best first.
    struct Found {
        var sentences: [Range<Int>] = []
        /// They answer the question, as far as can be told.
        var isAnswer = false
    }

    /// - Parameters:
    ///   - earlier: the stems of what was asked before: behind "GPTQ vs AWQ" a paragraph on AWQ that speaks of GPTQ is meant.
    ///   - vector: of the question by the encoder of `vectors`; nil compares words alone.
    ///   - said: the answers before. What they said is not said again, unless nothing else answers as well.
    func found(
        in note: Note, for question: String, after earlier: Set<[UInt8]>, vector: [Float]?, said: [String] = []
    ) throws -> Found {
        let all = book.paragraphs(of: note) + book.followUps(of: note) + book.shortAnswer(of: note)
        let paragraphs = all.compactMap { paragraph in
            let sentences = paragraph.sentences.drop { entry in
                !AnswerSentence(note: note, range: entry.range, heading: entry.heading).stands
            }
            return sentences.isEmpty ? nil : (paragraph, sentences.map(\.range))
        }
        let read = Self.beginnings(of: said)
        let isSaid = paragraphs.map { paragraph, sentences in
            let begin = AnswerSentence.line(note.text(sentences[0]))
            return read.contains { $0.contains(begin) } || paragraph.isShortAnswer && read.allSatisfy(\.isEmpty)
        }
        let penalties = zip(paragraphs, isSaid).map { paragraph, isSaid in
            isSaid && paragraph.0.isShortAnswer && Aspect.asksForVerdict(question)
                ? -Self.verdictBonus : Self.penalty(of: paragraph.0, isSaid: isSaid)
        }
        var scores = zip(words(of: question, after: earlier, note, paragraphs.map(\.0)), penalties).map {
            Self.wordsWeight * $0 - $1
        }
        var leastScore = Self.leastWords
        if let vector, let vectors {
            leastScore = Self.leastScore
            for (place, near) in try vectors.nearness(of: vector, to: paragraphs.map(\.0), of: note).enumerated() {
                scores[place] += near.beginning
                scores[place] += Self.titleWeight * near.title
            }
        }
        let order = paragraphs.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        guard let best = order.first, scores[best] > 0 else { return Found() }
        let sentences = zip(order, Self.sentenceCounts).flatMap { place, count in
            scores[place] >= Self.leastShare * scores[best] ? Array(paragraphs[place].1.prefix(count)) : []
        }
        let answers = scores[best] + (isSaid[best] ? penalties[best] : 0) >= leastScore
        return Found(sentences: sentences, isAnswer: answers)
    }

    /// What is compared of the answers before: whatever a client sends as such.
    private static func beginnings(of said: [String]) -> [String] {
        said.suffix(saidTurns).map { answer in
            AnswerSentence.line(String(decoding: Array(answer.utf8.prefix(saidBytes)), as: UTF8.self))
        }
    }

    /// What each paragraph has of the question's words, those that the note is asked with left out.
    private func words(
        of question: String, after earlier: Set<[UInt8]>, _ note: Note, _ paragraphs: [NoteParagraph]
    ) -> [Double] {
        let names = vocabulary.stems(of: ([note.question] + note.askedPlainly).joined(separator: "\n"))
        let asked = vocabulary.stems(of: question).union(earlier).subtracting(names)
        let told = Aspect.all(in: question).aspects.map { aspect in
            vocabulary.stems(of: aspect.told.sorted().joined(separator: " "))
        }
        return paragraphs.map { paragraph in
            let stems = paragraph.stems
            let shared =
                vocabulary.weight(ofAll: asked.intersection(stems))
                + vocabulary.weight(ofAll: asked.intersection(paragraph.heading))
            return told.reduce(shared) { sum, words in
                sum + (words.isDisjoint(with: paragraph.heading) ? 0 : 2 * Self.aspectWeight)
                    + Double(min(Self.mostTold, words.intersection(stems).count))
            }
        }
    }

    private static func penalty(of paragraph: NoteParagraph, isSaid: Bool) -> Double {
        if isSaid { return readPenalty }
        guard paragraph.isFollowUp, let first = paragraph.sentences.first?.text else { return 0 }
        let word = String(first.prefix { $0.isLetter })
        return followUpPenalty + (assents.contains(word) ? yesPenalty : 0)
    }
}
