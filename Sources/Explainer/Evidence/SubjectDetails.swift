// SubjectDetails.swift — "what does it cost?" behind an answer: which paragraph of the same note says it.
// Explainer › Evidence.  The short answer was said already, so what is looked for is what it did not say.

internal import Retrieval
internal import Synchronization

/// Finds the paragraphs of a note that answer a question which has no subject of its own.
///
/// A paragraph's score is the sum of three: the words and aspects that it shares with the question, the cosine of the question
/// with its beginning, and that with its title. Of 119 such questions (Tests/Fixtures/aspects.jsonl) the first alone has the
/// right paragraph first for .71, the second for .70, the third for .69; together .83, and among the first two for .93. Of 59
/// more that were not looked at before: .80 and .92. Whole paragraphs in the place of their first 100 letters have no more, and
/// take five times as long to encode.
final class SubjectDetails: Sendable {
    private let book: SentenceBook
    private let vocabulary: Vocabulary
    private let embedder: (any Embedder)?
    /// Of a note's paragraphs: of each its beginning, then of each its title.
    private let vectors = Mutex<[NoteID: [[Float]]]>([:])

    /// A word in a title counts twice; so does an aspect, as a word that every twentieth note has.
    private static let aspectWeight = 3.0
    private static let mostTold = 3
    private static let (wordsWeight, titleWeight) = (1 / 14.0, 0.9)
    /// The answer to a follow-up leans on its question, "yes" and "no" most of all: a paragraph as good is better.
    private static let (followUpPenalty, yesPenalty) = (0.1, 0.3)
    /// From here on the paragraph probably answers. Of the questions that stay with their note 84 of 109 reach it, and 3 of 12
    /// that the note does not answer.
    private static let (leastScore, leastWords) = (0.5, 2.5)
    /// Letters of a paragraph that are encoded.
    private static let beginning = 100
    /// Sentences of the best paragraph, and of the second one if its score is so near.
    private static let sentenceCounts = [4, 2]
    private static let leastShare = 0.7

    init(book: SentenceBook, vocabulary: Vocabulary, embedder: (any Embedder)?) {
        self.book = book
        self.vocabulary = vocabulary
        self.embedder = embedder
    }

    /// What a note has to say, best first.
    struct Found {
        var sentences: [Range<Int>] = []
        /// They answer the question, as far as can be told.
        var isAnswer = false
    }

    /// - Parameter vector: of the question by `embedder`; nil compares words alone.
    func found(in note: Note, for question: String, vector: [Float]?) throws -> Found {
        let paragraphs = (book.paragraphs(of: note) + book.followUps(of: note)).compactMap { paragraph in
            let sentences = paragraph.sentences.drop { entry in
                !AnswerSentence(note: note, range: entry.range, heading: entry.heading).stands
            }
            return sentences.isEmpty ? nil : (paragraph, sentences.map(\.range))
        }
        var scores = words(of: question, note, paragraphs.map(\.0))
        var leastScore = Self.leastWords
        if let vector, let embedder {
            let known = try self.vectors(of: note, paragraphs.map(\.0), embedder)
            leastScore = Self.leastScore
            for place in paragraphs.indices {
                scores[place] *= Self.wordsWeight
                scores[place] += cosine(vector, known[place])
                scores[place] += Self.titleWeight * cosine(vector, known[paragraphs.count + place])
                scores[place] -= Self.penalty(of: paragraphs[place].0)
            }
        }
        let order = paragraphs.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        guard let best = order.first, scores[best] > 0 else { return Found() }
        let sentences = zip(order, Self.sentenceCounts).flatMap { place, count in
            scores[place] >= Self.leastShare * scores[best] ? Array(paragraphs[place].1.prefix(count)) : []
        }
        return Found(sentences: sentences, isAnswer: scores[best] >= leastScore)
    }

    /// What each paragraph has of the question's words, those that the note is asked with left out.
    private func words(of question: String, _ note: Note, _ paragraphs: [NoteParagraph]) -> [Double] {
        let names = vocabulary.stems(of: ([note.question] + note.askedPlainly).joined(separator: "\n"))
        let asked = vocabulary.stems(of: question).subtracting(names)
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

    private static func penalty(of paragraph: NoteParagraph) -> Double {
        guard paragraph.isFollowUp, let first = paragraph.sentences.first?.text else { return 0 }
        return followUpPenalty + (first.hasPrefix("Yes") || first.hasPrefix("No") ? yesPenalty : 0)
    }

    private func vectors(
        of note: Note, _ paragraphs: [NoteParagraph], _ embedder: any Embedder
    ) throws -> [[Float]] {
        if let known = vectors.withLock({ $0[note.id] }) { return known }
        let beginnings = paragraphs.map { paragraph in
            String(
                (paragraph.title + " " + paragraph.sentences.map(\.text).joined(separator: " ")).prefix(Self.beginning))
        }
        let titles = paragraphs.map { $0.title.isEmpty ? note.question : $0.title }
        let new = try embedder.embed(beginnings + titles)
        vectors.withLock { $0[note.id] = new }
        return new
    }

    /// Encoders give vectors of length 1.
    private func cosine(_ left: [Float], _ right: [Float]) -> Double {
        Double(zip(left, right).reduce(0) { $0 + $1.0 * $1.1 })
    }
}
