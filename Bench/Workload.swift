// Workload.swift — what the engine benchmark asks for.
// Bench.

import Base
import Engine
import Sampling

/// Prompts and answers of one run.
struct Workload {
    var promptTokens = 512
    var outputTokens = 64
    var repeats = 3
    var repeatsPrompt = false
    /// Answers copy from their prompt, whatever the model would rather say.
    var quotes = false
    var temperature: Float = 0

    /// - Parameter run: makes the numbers of one run differ from those of another.
    func request(_ index: Int, run: UInt64, vocabularySize: Int) -> GenerationRequest {
        // Numbers that look random and differ between runs and requests, unless one prompt is to be repeated.
        var numbers = Numbers(state: repeatsPrompt ? 1 : (run << 20 | UInt64(index) + 1) &* 0x9E37_79B9_7F4A_7C15)
        let prompt = (0..<promptTokens).map { _ in TokenID(numbers.next(below: vocabularySize)) }
        var sampling = SamplingParameters()
        sampling.temperature = temperature
        sampling.seed = run << 20 | UInt64(index)
        var request = GenerationRequest(
            id: RequestID(run << 20 | UInt64(index)), promptTokens: prompt, sampling: sampling,
            maxOutputTokens: outputTokens)
        if quotes {
            request.constraint = Dictation(
                answer: quotation(of: prompt, vocabularySize: vocabularySize, &numbers))
        }
        return request
    }

    /// Passages of 16 to 64 tokens from anywhere in the prompt, with one to four other tokens before each.
    private func quotation(of prompt: [TokenID], vocabularySize: Int, _ numbers: inout Numbers) -> [TokenID] {
        var answer: [TokenID] = []
        while answer.count < outputTokens {
            for _ in 0...numbers.next(below: 4) { answer.append(TokenID(numbers.next(below: vocabularySize))) }
            let start = numbers.next(below: prompt.count)
            answer += prompt[start..<min(start + 16 + numbers.next(below: 49), prompt.count)]
        }
        return answer
    }

    private struct Numbers {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }
}

/// Lets exactly one answer through: how a model that quotes is imitated by one that does not.
private struct Dictation: TokenConstraint {
    let answer: [TokenID]
    var spoken = 0

    mutating func fillMask(_ mask: inout TokenMask) {
        if spoken < answer.count { mask[answer[spoken]] = true }
    }
    mutating func accept(_ token: TokenID) { spoken += 1 }
    mutating func rollback(_ count: Int) { spoken -= count }
}
