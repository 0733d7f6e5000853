// SyntheticWorkload.swift — the shapes of load that servers meet, from a seed.
// LoadGeneration › Workload.

/// What a workload is made of. Lengths are in tokens, as near as the word source gets.
package struct SyntheticWorkload: Sendable, Equatable {
    package enum Shape: String, Sendable, CaseIterable {
        /// Nothing in common.
        case synthetic
        /// Every prompt begins with one of a few long prefixes.
        case sharedPrefix = "shared-prefix"
        /// Several turns; each prompt holds the whole conversation so far.
        case chat
        /// Passages from a small library, and the request to quote from them.
        case rag
        /// Short prompts with long answers, and a few very long prompts among them.
        case intruders
    }

    package var shape = Shape.synthetic
    package var inputTokens = 256
    package var outputTokens = 64
    /// Lengths are uniform in n·(1 − spread) … n·(1 + spread).
    package var spread = 0.0
    /// Of shared-prefix, how many prefixes; their length is three quarters of the prompt.
    package var prefixCount = 4
    package var turnCount = 4
    package var thinkSeconds = 0.0
    /// Of intruders, the share of long prompts and how many times longer they are.
    package var intruderShare = 0.05
    package var intruderFactor = 8
    package var wordsPerToken = 1.0

    package init() {}

    /// Sessions with `requestCount` requests in all.
    package func sessions(requestCount: Int, seed: UInt64) -> [Session] {
        var random = SeededRandom(seed: seed)
        var words = WordSource(seed: random.next(), wordsPerToken: wordsPerToken)
        switch shape {
        case .synthetic:
            return (0..<requestCount).map { _ in
                Session(
                    prompt: words.text(tokens: length(inputTokens, &random)), maxTokens: length(outputTokens, &random))
            }
        case .sharedPrefix: return sharedPrefixes(requestCount, &random, &words)
        case .chat: return chats(requestCount, &random, &words)
        case .rag: return retrieval(requestCount, &random, &words)
        case .intruders: return intruders(requestCount, &random, &words)
        }
    }

    private func length(_ mean: Int, _ random: inout SeededRandom) -> Int {
        let reach = Int(Double(mean) * spread)
        return max(1, random.integer(in: (mean - reach)...(mean + reach)))
    }

    private func sharedPrefixes(
        _ count: Int, _ random: inout SeededRandom, _ words: inout WordSource
    ) -> [Session] {
        let prefixTokens = inputTokens * 3 / 4
        let prefixes = (0..<max(1, prefixCount)).map { _ in words.text(tokens: prefixTokens) }
        return (0..<count).map { _ in
            let prefix = prefixes[random.integer(in: 0...(prefixes.count - 1))]
            let rest = words.text(tokens: length(max(1, inputTokens - prefixTokens), &random))
            return Session(prompt: prefix + " " + rest, maxTokens: length(outputTokens, &random))
        }
    }

    private func chats(_ count: Int, _ random: inout SeededRandom, _ words: inout WordSource) -> [Session] {
        var sessions: [Session] = []
        var left = count
        while left > 0 {
            let turns = (0..<min(left, max(1, turnCount))).map { index in
                Turn(
                    messages: [.user(words.text(tokens: length(inputTokens, &random)))],
                    maxTokens: length(outputTokens, &random), thinkSeconds: index == 0 ? 0 : thinkSeconds)
            }
            left -= turns.count
            sessions.append(Session(turns: turns))
        }
        return sessions
    }

    /// Three passages of a library of eight, which a cache may know, and a sentence to be copied.
    private func retrieval(_ count: Int, _ random: inout SeededRandom, _ words: inout WordSource) -> [Session] {
        let library = (0..<8).map { _ in words.sentences(tokens: max(8, inputTokens / 3)) }
        return (0..<count).map { _ in
            let first = random.integer(in: 0...(library.count - 1))
            let passages = (0..<3).map { library[(first + $0) % library.count] }
            let context = passages.enumerated()
                .map { "[\($0.offset + 1)] " + $0.element.joined(separator: " ") }.joined(separator: "\n")
            let chosen = passages[random.integer(in: 0...2)]
            let sentence = chosen[random.integer(in: 0...(chosen.count - 1))]
            let opening = sentence.split(separator: " ").prefix(3).joined(separator: " ")
            return Session(
                prompt: "Passages:\n\(context)\n\nQuote the sentence that begins with \"\(opening)\", word for word.",
                maxTokens: length(outputTokens, &random))
        }
    }

    private func intruders(_ count: Int, _ random: inout SeededRandom, _ words: inout WordSource) -> [Session] {
        (0..<count).map { _ in
            let isIntruder = random.unit() < intruderShare
            let tokens = length(inputTokens, &random) * (isIntruder ? max(1, intruderFactor) : 1)
            var session = Session(
                prompt: words.text(tokens: tokens), maxTokens: isIntruder ? 8 : length(outputTokens, &random))
            session.isIntruder = isIntruder
            return session
        }
    }
}
