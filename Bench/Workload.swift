// Workload.swift — what the engine benchmark asks for.
// Bench.

import Base
import Engine
import Sampling

/// What is answered, whatever the model would rather say.
enum Answers: String {
    /// What the model says.
    case own
    /// Passages copied from the prompt.
    case quoting
    /// Pairs of tokens come again and again, what follows them is always new: every guess by what was said is wrong.
    case misleading
}

/// Prompts and answers of one run.
struct Workload {
    var promptTokens = 512
    var outputTokens = 64
    var repeats = 3
    var repeatsPrompt = false
    var answers = Answers.own
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
        switch answers {
        case .own: break
        case .quoting:
            request.constraint = Dictation(
                answer: quotation(of: prompt, vocabularySize: vocabularySize, &numbers))
        case .misleading: request.constraint = Dictation(answer: misleadingAnswer(&numbers))
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

    /// Random tokens of a small alphabet in which no three follow each other twice.
    private func misleadingAnswer(_ numbers: inout Numbers) -> [TokenID] {
        // Half of all triples are never needed, so that a new one is found nearly always.
        let letterCount = (2...).first { $0 * $0 * $0 >= 2 * outputTokens } ?? 2
        var answer: [Int] = []
        var seen: Set<[Int]> = []
        while answer.count < outputTokens {
            let start = numbers.next(below: letterCount)
            let letters = (0..<letterCount).map { (start + $0) % letterCount }
            let letter = letters.first { !seen.contains(answer.suffix(2) + [$0]) } ?? start
            seen.insert(answer.suffix(2) + [letter])
            answer.append(letter)
        }
        return answer.map { TokenID($0) }
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
