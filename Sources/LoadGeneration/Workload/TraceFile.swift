// TraceFile.swift — arrivals and lengths that were recorded somewhere, replayed here.
// LoadGeneration › Workload.  Mooncake's trace format (Qin et al. 2024, arXiv:2407.00079): one JSON object per line.

import Base

/// A schedule and what is sent at each of its instants.
package struct Trace: Sendable, Equatable {
    /// Seconds from the first arrival, ascending.
    package let times: [Double]
    package let sessions: [Session]
}

package enum TraceFile {
    /// Prompt tokens that one of Mooncake's `hash_ids` stands for.
    static let blockTokens = 512

    /// Reads lines such as
    ///
    ///     {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 48]}
    ///
    /// with milliseconds and tokens. Equal `hash_ids` become equal text, so prefixes are shared as they were; a line
    /// may instead give its text as a dataset's does (`prompt`, `messages`).
    /// - Parameters:
    ///   - speed: 2 replays in half the time.
    ///   - limit: at most so many lines, from the first.
    package static func read(
        _ path: String, speed: Double, limit: Int, wordsPerToken: Double, seed: UInt64
    ) throws -> Trace {
        var rows: [(time: Double, session: Session)] = []
        for (index, entry) in try DatasetFile.entries(try ReadFile.bytes(path, limit: 1 << 31 - 1)).enumerated() {
            guard rows.count < limit else { break }
            guard let timestamp = entry["timestamp"]?.double,
                let session = session(entry, index: index, wordsPerToken: wordsPerToken, seed: seed)
            else {
                throw DatasetError(
                    description:
                        "\(path): line \(index + 1) needs timestamp, and input_length with output_length or a prompt")
            }
            rows.append((timestamp / 1000 / speed, session))
        }
        guard let first = rows.map(\.time).min() else { throw DatasetError(description: "\(path) holds no arrivals") }
        rows.sort { $0.time < $1.time }
        return Trace(times: rows.map { $0.time - first }, sessions: rows.map(\.session))
    }

    private static func session(_ entry: JSON, index: Int, wordsPerToken: Double, seed: UInt64) -> Session? {
        let output = min(max(1, entry["output_length"]?.integer ?? entry["max_tokens"]?.integer ?? 128), 1 << 20)
        if let prompt = entry["prompt"]?.string { return Session(prompt: prompt, maxTokens: output) }
        guard let input = entry["input_length"]?.integer, (1...(1 << 22)).contains(input) else { return nil }
        var parts: [String] = []
        var left = input
        for block in entry["hash_ids"]?.elements.compactMap(\.integer) ?? [] where left > 0 {
            var words = WordSource(seed: UInt64(truncatingIfNeeded: block) &+ 1, wordsPerToken: wordsPerToken)
            parts.append(words.text(tokens: min(left, blockTokens)))
            left -= blockTokens
        }
        if left > 0 {
            var words = WordSource(seed: seed &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15, wordsPerToken: wordsPerToken)
            parts.append(words.text(tokens: left))
        }
        return Session(prompt: parts.joined(separator: " "), maxTokens: output)
    }
}
