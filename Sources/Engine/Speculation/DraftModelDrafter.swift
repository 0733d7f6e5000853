// DraftModelDrafter.swift — a smaller model guesses for a larger one.
// Engine › Speculation.  Leviathan et al. 2023, arXiv:2211.17192. With the target's own noise its draws are the target's
// whenever both would choose alike: Daliri et al. 2024, arXiv:2408.07978.

import Base
import Sampling
import Transformer

/// Runs the draft model over its own paged cache, for several requests in one batch.
///
///     tokens of the request   |<------ prompt ------>|<- output ->|
///     in the draft's cache    |<------- known ------------->|<- guesses ->|
///                                                           ^ rolled back to the last token that was really emitted
///
/// A request's first guesses wait until the draft model has read its tokens, a bounded number of rows a step. Then each
/// pass computes one row a request: k passes for k guesses. No prefix is shared: the target's cache may drop and find
/// blocks as it likes, the draft's keeps what its requests need.
final class DraftModelDrafter: DraftSource {
    private let model: any LanguageModel
    private let acceptance: DraftAcceptance
    private let tokensPerBlock: Int
    private let maxRows: Int
    private let time: any TimeSource

    private var pool: BlockPool
    private var sequences: [RequestID: CachedSequence] = [:]
    private var batch: ForwardBatch
    private var pipeline: LogitsPipeline
    /// The draft's logits on the target's vocabulary, where its own table has another length: files pad them variously.
    private let paddedRow: UnsafeMutableBufferPointer<Float>?
    /// Requests of the pass being computed whose logits are wanted, in the order of their rows.
    private var asked: [DraftWish] = []
    private var answered: [DraftWish] = []
    private var cost = StepCost()
    /// Rows of the pass being computed that only catch up with what was said.
    private var readingRowCount = 0
    private(set) var readingSeconds = 0.0

    /// What the draft model's cache holds of one request.
    fileprivate struct CachedSequence {
        var blocks: [BlockID] = []
        /// Leading tokens of the request whose keys and values are there.
        var knownCount = 0
        /// Guesses computed after them.
        var guesses: [TokenID] = []
        var isWished = false
    }

    /// - Parameters:
    ///   - model: with room for `maxRows` rows, `maxRunningCount` rows of logits and `blockCount` blocks.
    ///   - vocabularySize: the target's.
    init(_ model: any LanguageModel, vocabularySize: Int, _ configuration: EngineConfiguration, time: any TimeSource) {
        self.model = model
        self.time = time
        acceptance = configuration.speculation.acceptance
        tokensPerBlock = configuration.tokensPerBlock
        maxRows = configuration.maxDraftModelRows
        pool = BlockPool(blockCount: configuration.blockCount)
        batch = ForwardBatch(tokensPerBlock: configuration.tokensPerBlock)
        pipeline = LogitsPipeline(vocabularySize: vocabularySize)
        paddedRow = model.vocabularySize == vocabularySize ? nil : .allocate(capacity: vocabularySize)
    }

    deinit { unsafe paddedRow?.deallocate() }

    // MARK: - Guessing

    func propose(_ wishes: [DraftWish]) {
        for index in sequences.values.indices { sequences.values[index].isWished = false }
        for wish in wishes {
            wish.request.speculation?.clear()
            guard wish.count > 0 else { continue }
            sequences[wish.request.id, default: CachedSequence()].rollBack(to: wish.request.tokens)
            sequences[wish.request.id]?.isWished = true
        }
        batch.removeAll()
        asked.removeAll(keepingCapacity: true)
        readingSeconds = 0
        // Nobody's guesses wait for a newcomer's prompt.
        for wish in wishes where wish.count > 0 && !isBehind(wish.request) { addTokens(of: wish) }
        for wish in wishes where wish.count > 0 && isBehind(wish.request) { addTokens(of: wish) }
        computePass()
        while !asked.isEmpty {
            batch.removeAll()
            // Those that want more go on; the others are done.
            swap(&asked, &answered)
            asked.removeAll(keepingCapacity: true)
            for wish in answered { addGuess(of: wish) }
            computePass()
        }
        for wish in wishes { takeBack(wish.request) }
    }

    /// Further behind than a draft that was emitted as a whole leaves it.
    private func isBehind(_ request: Request) -> Bool {
        request.tokens.count - (sequences[request.id]?.knownCount ?? 0) > 2
    }

    /// Adds the rows of tokens that the draft has not seen; the last one's logits give the first guess.
    private func addTokens(of wish: DraftWish) {
        let request = wish.request
        guard let known = sequences[request.id]?.knownCount else { return }
        let count = min(request.tokens.count - known, maxRows - batch.rowCount)
        let end = known + count
        let isComplete = end == request.tokens.count
        // The last guess is never computed here: only the target wants to know what follows it.
        guard count > 0, reserve(request.id, upTo: end + (isComplete ? wish.count - 1 : 0)) else { return }
        if isBehind(request) { readingRowCount += isComplete ? count - 1 : count }
        sequences[request.id]?.knownCount = end
        batch.append(
            tokens: readable(request.tokens, known..<end), range: known..<end, blockTable: blockTable(request.id),
            logits: isComplete ? .lastRow : .none)
        if isComplete { asked.append(wish) }
    }

    private func addGuess(of wish: DraftWish) {
        let request = wish.request
        guard let speculation = request.speculation, let last = speculation.guesses.last,
            speculation.guesses.count < wish.count
        else { return }
        let position = request.tokens.count + speculation.guesses.count - 1
        batch.append(
            tokens: request.tokens, range: position..<position, draft: [readable(last)],
            blockTable: blockTable(request.id),
            logits: .everyRow)
        sequences[request.id]?.guesses.append(last)
        asked.append(wish)
    }

    /// The draft's table may have fewer rows than the target's, and a client, a bias or the padding of a file may bring a
    /// token that it lacks: read as token 0. The guesses behind it are worse then, and no answer changes.
    private func readable(_ token: TokenID) -> TokenID { token.index < model.vocabularySize ? token : TokenID(0) }

    private func readable(_ tokens: [TokenID], _ range: Range<Int>) -> [TokenID] {
        tokens[range].allSatisfy { $0.index < model.vocabularySize } ? tokens : tokens.map(readable)
    }

    private func computePass() {
        guard batch.rowCount > 0 else { return }
        let start = time.nanoseconds()
        let rows = batch.rowCount
        model.forward(batch)
        var index = 0
        asked.removeAll { wish in
            defer { index += 1 }
            return !guess(for: wish.request, logitsIndex: index)
        }
        let seconds = Double(time.nanoseconds() - start) / 1e9
        cost.observe(rows: rows, seconds: seconds)
        readingSeconds += seconds * Double(readingRowCount) / Double(rows)
        readingRowCount = 0
    }

    /// Draws a guess as the target would draw its token: through the same filters, after the guesses before it.
    /// - Returns: whether more guesses may follow.
    private func guess(for request: Request, logitsIndex: Int) -> Bool {
        let logits = unsafe targetRow(model.logits(logitsIndex))
        let position = request.tokens.count + (request.speculation?.guesses.count ?? 0)
        let noise = CounterNoise(seed: request.parameters.seed, choice: request.parameters.choice)
        let token: TokenID
        switch acceptance {
        case .invariant:
            let drawn = unsafe pipeline.choose(
                logits, position: position, parameters: request.parameters, history: request.history,
                constraint: &request.constraint)
            guard let drawn else { return false }
            token = drawn
            request.speculation?.add(token)
        case .rejection:
            let distribution = unsafe pipeline.distribution(
                logits, parameters: request.parameters, history: request.history, constraint: &request.constraint)
            guard let distribution else { return false }
            token = RejectionSampler<LeviathanFormulas>.draw(
                from: distribution, position: position, for: .propose, noise)
            request.speculation?.add(token, drawnFrom: distribution)
        }
        request.history.append(token)
        request.constraint?.accept(token)
        // Nothing follows a stop token.
        return !request.stopTokens.contains(token)
    }

    /// The request's history and constraint forget the guesses: nothing of them is emitted yet.
    private func takeBack(_ request: Request) {
        guard let guesses = request.speculation?.guesses, !guesses.isEmpty else { return }
        for token in guesses { request.history.removeOne(token) }
        request.constraint?.rollback(guesses.count)
    }

    private func targetRow(_ row: UnsafeMutableBufferPointer<Float>) -> UnsafeMutableBufferPointer<Float> {
        guard let paddedRow = unsafe paddedRow else { return unsafe row }
        for token in 0..<paddedRow.count { unsafe paddedRow[token] = token < row.count ? row[token] : -.infinity }
        return unsafe paddedRow
    }

    // MARK: - Cost

    var guessesAreFree: Bool { false }

    func begin(believing acceptance: Double) -> Speculation { Speculation(believing: acceptance) }

    func secondsPerPass(requests: Int) -> Double { cost.isMeasured ? cost.cost(rows: requests) : 0 }

    func secondsToBegin(_ request: Request) -> Double {
        guard cost.isMeasured, isBehind(request) else { return 0 }
        let count = request.tokens.count - (sequences[request.id]?.knownCount ?? 0)
        return max(0, cost.cost(rows: count) - cost.cost(rows: 1))
    }

    // MARK: - Blocks

    func forget(_ request: Request) { release(request.id) }

    private func release(_ id: RequestID) {
        guard let sequence = sequences.removeValue(forKey: id) else { return }
        for block in sequence.blocks { pool.release(block) }
    }

    /// - Returns: false when the pool is dry even after the sequences that guess nothing now gave theirs back.
    private func reserve(_ id: RequestID, upTo tokenCount: Int) -> Bool {
        while let held = sequences[id]?.blocks.count, held * tokensPerBlock < tokenCount {
            if let block = pool.allocate()?.block {
                sequences[id]?.blocks.append(block)
                continue
            }
            let idle = sequences.filter { !$0.value.isWished && !$0.value.blocks.isEmpty }.keys.min()
            guard let idle else { return false }
            release(idle)
        }
        return true
    }

    private func blockTable(_ id: RequestID) -> [Int32] {
        (sequences[id]?.blocks ?? []).map(\.rawValue)
    }

    func checkInvariants() {
        pool.checkInvariants()
        precondition(sequences.values.reduce(0) { $0 + $1.blocks.count } == pool.usedCount, "a draft block is lost")
    }
}

extension DraftModelDrafter.CachedSequence {
    /// Keeps what is still true: the guesses that were emitted now count as known. The last token is always computed
    /// again, for its logits.
    mutating func rollBack(to tokens: [TokenID]) {
        for guess in guesses {
            guard knownCount < tokens.count, tokens[knownCount] == guess else { break }
            knownCount += 1
        }
        guesses.removeAll(keepingCapacity: true)
        knownCount = min(knownCount, tokens.count - 1)
    }
}
