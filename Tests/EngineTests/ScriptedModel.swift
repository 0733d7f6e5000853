// ScriptedModel.swift — a language model that only remembers.
// It keeps tokens where a real model keeps keys and values, and reads them back through the block table. Its logits are
// a hash of the whole sequence as the cache shows it: one wrong block, slot or copy, and the output changes.

import Base
import Engine
import Sampling
import Transformer

final class ScriptedModel: LanguageModel {
    let vocabularySize: Int
    private let tokensPerBlock: Int
    /// What each slot holds: the token and the position it was written for.
    private var slots: [(token: TokenID, position: Int32)]
    private let row: UnsafeMutableBufferPointer<Float>
    private var logitHashes: [UInt64] = []
    private var logitPositions: [Int32] = []
    /// What `keepState` was told to keep.
    private var states: [(hash: UInt64, position: Int32)]
    var stateSlotCount: Int { states.count }
    /// After which positions every logit stands one token too far: how a draft model is wrong.
    var isWrongAfter: (_ position: Int32) -> Bool = { _ in false }
    /// Makes every logit NaN when the sequence ends with this token.
    var poisonToken: TokenID?
    private(set) var rowsOfLastStep = 0
    private(set) var positionsOfLastStep: [Int32] = []
    private(set) var copyCount = 0
    /// A real model has no row for a token outside its table.
    private(set) var largestToken: TokenID = -1

    init(vocabularySize: Int = 50, blockCount: Int, tokensPerBlock: Int = 16, stateSlotCount: Int = 4) {
        states = Array(repeating: (0, 0), count: stateSlotCount)
        self.vocabularySize = vocabularySize
        self.tokensPerBlock = tokensPerBlock
        slots = Array(repeating: (-1, -1), count: blockCount * tokensPerBlock)
        row = .allocate(capacity: vocabularySize)
    }

    deinit { row.deallocate() }

    func forward(_ batch: ForwardBatch) {
        rowsOfLastStep = batch.rowCount
        positionsOfLastStep = batch.positions_T
        largestToken = batch.tokens_T.reduce(largestToken) { $0.rawValue > $1.rawValue ? $0 : $1 }
        for index in 0..<batch.rowCount {
            slots[Int(batch.slots_T[index])] = (batch.tokens_T[index], batch.positions_T[index])
        }
        logitPositions = batch.logitRows.map { batch.positions_T[Int($0)] }
        logitHashes = batch.logitRows.map { rowIndex in
            let table = Int(batch.tableOffsets_T[Int(rowIndex)])
            var hash = ScriptedModel.seed
            for position in 0...Int(batch.positions_T[Int(rowIndex)]) {
                let block = Int(batch.blockTables[table + position / tokensPerBlock])
                let slot = slots[block * tokensPerBlock + position % tokensPerBlock]
                hash = ScriptedModel.mix(hash, slot.token, slot.position)
                if position == Int(batch.positions_T[Int(rowIndex)]), slot.token == poisonToken { hash = 0 }
            }
            return hash
        }
        for slot in batch.stateSlots {
            logitPositions.append(states[Int(slot)].position)
            logitHashes.append(states[Int(slot)].hash)
        }
    }

    func keepState(ofLogits index: Int, in slot: Int) { states[slot] = (logitHashes[index], logitPositions[index]) }

    func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        let shift = isWrongAfter(logitPositions[index]) ? 1 : 0
        for token in 0..<vocabularySize {
            row[(token + shift) % vocabularySize] = Self.logit(logitHashes[index], token)
        }
        return row
    }

    func copyBlock(from source: Int32, to destination: Int32) {
        copyCount += 1
        for offset in 0..<tokensPerBlock {
            slots[Int(destination) * tokensPerBlock + offset] = slots[Int(source) * tokensPerBlock + offset]
        }
    }

    // MARK: - The script

    private static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ hash: UInt64, _ token: TokenID, _ position: Int32) -> UInt64 {
        var value = hash ^ UInt64(UInt32(bitPattern: token.rawValue)) << 32 ^ UInt64(UInt32(bitPattern: position))
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return (value ^ value >> 31) | 1
    }

    private static func logit(_ hash: UInt64, _ token: Int) -> Float {
        if hash == 0 { return .nan }
        return Float(mix(hash, TokenID(token), 0) >> 40) / Float(1 << 22)
    }

    /// The logits that follow `tokens`, without an engine.
    static func logits(after tokens: some Sequence<TokenID>, vocabularySize: Int = 50) -> [Float] {
        var hash = seed
        for (position, token) in tokens.enumerated() { hash = mix(hash, token, Int32(position)) }
        return (0..<vocabularySize).map { logit(hash, $0) }
    }

    /// What the model generates for `request`, worked out without an engine, a cache or a batch.
    static func expectedOutput(_ request: GenerationRequest, vocabularySize: Int = 50) -> [TokenID] {
        var tokens = request.promptTokens
        var hash = seed
        for (position, token) in tokens.enumerated() { hash = mix(hash, token, Int32(position)) }
        var output: [TokenID] = []
        var pipeline = LogitsPipeline(vocabularySize: vocabularySize)
        var history = TokenHistory(prompt: tokens, parameters: request.sampling)
        var constraint = request.constraint
        while output.count < request.maxOutputTokens {
            var logits = (0..<vocabularySize).map { logit(hash, $0) }
            let token = unsafe logits.withUnsafeMutableBufferPointer {
                unsafe pipeline.choose(
                    $0, position: tokens.count, parameters: request.sampling, history: history,
                    constraint: &constraint)
            }!
            if request.stopTokens.contains(token) { break }
            hash = mix(hash, token, Int32(tokens.count))
            tokens.append(token)
            history.append(token)
            constraint?.accept(token)
            output.append(token)
        }
        return output
    }
}
