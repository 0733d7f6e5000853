// LikelihoodReranker.swift — how likely a language model finds the question, having read the passage.
// Embedding › Reranking.  UPR: Sachan et al. 2022, arXiv:2204.07496. Needs no training, only the model that is there
// anyway; what it says depends on how good that model is.

package import Base
import Glibc
import Kernels
package import Retrieval
import Synchronization
package import Tokenization
package import Transformer

/// The mean of ln p(token of the question | passage, the tokens before it).
package final class LikelihoodReranker: Reranker {
    package let name = "likelihood"
    package let depth: Int
    package let weight: Double
    /// It costs a second model, and what it is worth depends on that.
    package let isUsual = false
    private let tokenizer: Tokenizer
    /// Tokens of passage and question together.
    private let window: Int
    private let makeReader: @Sendable () throws -> sending QuestionReader
    private let reader = Mutex<QuestionReader?>(nil)

    /// The model is opened by the first question: it takes memory, and most servers are never asked.
    ///
    /// - Parameters:
    ///   - contextLength: the model's; passages are cut so that the question fits behind them.
    ///   - checkpoint: opens the model, whose tokenizer is `tokenizer`.
    ///   - depth: passages looked at: each costs the model its tokens and the question's.
    package init(
        tokenizer: Tokenizer, contextLength: Int, depth: Int = 10, weight: Double = 0.2, threadCount: Int,
        checkpoint: @escaping @Sendable () throws -> sending ModelCheckpoint
    ) {
        self.tokenizer = tokenizer
        self.depth = depth
        self.weight = weight
        let window = min(contextLength, 512)
        self.window = window
        makeReader = { try QuestionReader(checkpoint(), window: window, pool: ThreadPool(threadCount: threadCount)) }
    }

    /// Passages are read one by one, so that the deadline is kept to within one.
    package func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        let question = question(query)
        guard !question.isEmpty else { return chunks.map { _ in 0 } }
        return try reader.withLock { reader in
            let ready = try reader ?? makeReader()
            reader = ready
            var scores: [Double] = []
            for chunk in chunks {
                guard time.nanoseconds() <= deadline else { return nil }
                scores.append(ready.meanLogProbability(of: question, after: passage(chunk.embeddedText)))
            }
            return scores
        }
    }

    package func tokenCount(query: String, texts: [String]) -> Int {
        let question = question(query).count
        return texts.reduce(0) { $0 + passage($1).count + question }
    }

    private var questionLimit: Int { min(QuestionReader.questionLimit, window / 2) }

    private func question(_ query: String) -> [TokenID] { Array(encoded(" " + query).prefix(questionLimit)) }

    /// The passage between words that make a question likely. Never empty.
    private func passage(_ text: String) -> [TokenID] {
        let beginning = (tokenizer.beginningOfSequence.map { [$0] } ?? []) + encoded("Passage: ")
        let end = encoded("\nQuestion:")
        let room = max(window - questionLimit - beginning.count - end.count, 0)
        return Array((beginning + encoded(text).prefix(room) + end).suffix(window - questionLimit))
    }

    private func encoded(_ text: String) -> [TokenID] {
        tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
    }
}

/// A decoder with room for one sequence.
private final class QuestionReader {
    static let questionLimit = 64
    private static let rowsPerPass = 128
    private let model: DecoderModel
    private var batch = ForwardBatch(tokensPerBlock: 16)
    private let blockTable: [Int32]

    init(_ checkpoint: ModelCheckpoint, window: Int, pool: ThreadPool) throws {
        let blockCount = (window + 15) / 16
        var options = DecoderOptions(blockCount: blockCount, maxModelLength: window)
        options.maxRows = Self.rowsPerPass
        options.maxLogitRows = Self.questionLimit
        // Of a large model the panels that serving left beside it are mapped: no second copy.
        options.panelCacheThreshold = 1 << 30
        model = try DecoderModel(checkpoint, options: options, pool: pool)
        blockTable = Array(0..<Int32(blockCount))
    }

    /// - Precondition: neither is empty; together they fit the window, and the question `questionLimit`.
    func meanLogProbability(of question: [TokenID], after passage: [TokenID]) -> Double {
        let tokens = passage + question
        // The passage's last token predicts the question's first.
        let asking = passage.count - 1
        for start in stride(from: 0, to: asking, by: Self.rowsPerPass) {
            forward(tokens, start..<min(start + Self.rowsPerPass, asking), .none)
        }
        forward(tokens, asking..<tokens.count - 1, .everyRow)
        var sum = 0.0
        for (row, token) in question.enumerated() {
            let logits = model.logits(row)
            let pointer = UnsafePointer(logits.baseAddress!)
            let largest = maximum(pointer, count: logits.count)
            let total = sumOfExponentials(pointer, count: logits.count, subtracting: largest)
            sum += Double(logits[token.index]) - Double(largest) - log(total)
        }
        return sum / Double(question.count)
    }

    private func forward(_ tokens: [TokenID], _ range: Range<Int>, _ logits: LogitsWanted) {
        batch.removeAll()
        batch.append(tokens: tokens, range: range, blockTable: blockTable, logits: logits)
        model.forward(batch)
    }
}
