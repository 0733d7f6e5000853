// CompletionCharge.swift — settles one completion request with the limiter as the engine works on it.
// Server › Access.

import Engine
import Limiting
import Network

/// What one request was promised, choice by choice.
///
///     reserved   prompt (once) + one block for every further choice       n × min(max_tokens, cap)
///     admitted   what the cache gave goes back
///     tokens     the prompt is settled with the first, the output as it comes; guesses that fail are never charged
///     finished   the choice's rest goes back; with the last choice, everything
@EventLoop final class CompletionCharge {
    private struct Choice {
        /// Still reserved.
        var input: Int
        let output: Int
        /// Nobody wants what it generates, so nobody pays for it.
        let isPromptOnly: Bool
        let promptCount: Int
        /// Prompt tokens that the cache does not have.
        var toCompute: Int
        let cacheTokens: Int
        var isPromptSettled = false
        var outputSpent = 0
    }

    private let desk: RateLimitDesk
    private let visitor: Visitor
    private let reservation: Reservation
    private var choices: [Choice]
    private var openCount: Int

    /// The size of one engine request.
    struct Size {
        let promptCount: Int
        /// Of the prompt, what it computes at most.
        let input: Int
        /// 0: only the prompt is wanted back.
        let maxOutputTokens: Int
    }

    init(_ sizes: [Size], _ reservation: Reservation, _ visitor: Visitor, _ desk: RateLimitDesk) {
        self.desk = desk
        self.visitor = visitor
        self.reservation = reservation
        choices = Self.choices(of: sizes, cap: desk.outputCap(visitor))
        openCount = choices.count
    }

    /// What requests of these sizes will reserve.
    static func amounts(_ sizes: [Size], cap: Int) -> Amounts {
        let choices = choices(of: sizes, cap: cap)
        return Amounts(
            inputTokens: choices.reduce(0) { $0 + $1.input }, outputTokens: choices.reduce(0) { $0 + $1.output },
            concurrentRequests: 1, cacheTokens: choices.reduce(0) { $0 + $1.cacheTokens })
    }

    private static func choices(of sizes: [Size], cap: Int) -> [Choice] {
        sizes.map { size in
            let output = min(size.maxOutputTokens, cap)
            return Choice(
                input: size.input, output: output, isPromptOnly: size.maxOutputTokens == 0,
                promptCount: size.promptCount, toCompute: size.promptCount, cacheTokens: size.input + max(1, output))
        }
    }

    func received(_ event: RequestEvent.Kind, choice index: Int) {
        switch event {
        case .admitted(let cachedTokenCount):
            let toCompute = choices[index].promptCount - cachedTokenCount
            desk.giveBack(choices[index].input - toCompute, of: .inputTokens, reservation)
            choices[index].input = min(choices[index].input, toCompute)
            choices[index].toCompute = toCompute
        case .tokens(let tokens):
            settlePrompt(choices[index].toCompute, index)
            settleOutput(tokens.count, index)
        case .finished(let summary):
            settlePrompt(summary.prefilledTokenCount, index)
            settleOutput(summary.outputTokenCount - choices[index].outputSpent, index)
            finished(index)
        }
    }

    /// These choices were never submitted: nothing will be heard of them.
    func abandon(from first: Int) {
        for index in first..<choices.count { finished(index) }
    }

    private func settlePrompt(_ count: Int, _ index: Int) {
        guard !choices[index].isPromptSettled else { return }
        choices[index].isPromptSettled = true
        desk.spend(count, of: .inputTokens, reservation, visitor)
        choices[index].input = max(0, choices[index].input - count)
    }

    private func settleOutput(_ count: Int, _ index: Int) {
        guard count > 0, !choices[index].isPromptOnly else { return }
        desk.spend(count, of: .outputTokens, reservation, visitor)
        choices[index].outputSpent += count
    }

    private func finished(_ index: Int) {
        desk.giveBack(choices[index].input, of: .inputTokens, reservation)
        desk.giveBack(
            max(0, choices[index].output - choices[index].outputSpent), of: .outputTokens, reservation)
        desk.giveBack(choices[index].cacheTokens, of: .cacheTokens, reservation)
        openCount -= 1
        if openCount == 0 { desk.close(reservation) }
    }
}

extension PreparedCompletion {
    /// What its engine requests will ask for at most, in their order.
    func sizes(_ limits: EngineLimits) -> [CompletionCharge.Size] {
        prompts.flatMap { prompt in
            (0..<parameters.choiceCount).map { index in
                // The first computes the prompt; the others find it in the cache, where there is one, but for its last block.
                let isFound = index > 0 && limits.sharesPrefixes
                let input = isFound ? min(prompt.tokens.count, limits.tokensPerBlock) : prompt.tokens.count
                return CompletionCharge.Size(
                    promptCount: prompt.tokens.count, input: input, maxOutputTokens: prompt.maxOutputTokens)
            }
        }
    }
}
