// LogprobsPlaces.swift — which token's log-probabilities go out with which piece of text.
// Server › Completion.

package import Base
package import Sampling

/// One token of an answer, as its log-probabilities are told.
package struct LogprobsEntry: Sendable, Equatable {
    package let token: TokenID
    /// Nil for the first token of a prompt: nothing came before it that could predict it.
    package let logprobs: TokenLogprobs?
    /// Unicode scalars of the text in front of the token.
    package var textOffset: Int
    /// It was guessed before the model computed it.
    package var isGuessed = false

    package init(token: TokenID, logprobs: TokenLogprobs?, textOffset: Int) {
        self.token = token
        self.logprobs = logprobs
        self.textOffset = textOffset
    }
}

/// Holds entries back as long as their text is held back.
///
///     tokens' text    |<- a ->|<-- b -->|<- c ->|
///     released        |<--------->|               a and b go: their text has begun
///
/// What a stop string cut away takes its tokens with it. Both kinds of answer, whole and streamed, tell the same.
struct LogprobsPlaces: Sendable {
    private var held: [(entry: LogprobsEntry, start: Int)] = []
    private var byteCount = 0
    private var scalarCount = 0
    private var releasedByteCount = 0

    /// - Parameters:
    ///   - logprobs: nil where nobody asked: then only the text is counted.
    ///   - breaksCharacter: `text` begins with a U+FFFD that stands for earlier tokens; this one's begins behind it.
    mutating func append(
        _ token: TokenID, _ logprobs: TokenLogprobs?, text: [UInt8], breaksCharacter: Bool, isGuessed: Bool
    ) {
        if let logprobs {
            var entry = LogprobsEntry(
                token: token, logprobs: logprobs, textOffset: scalarCount + (breaksCharacter ? 1 : 0))
            entry.isGuessed = isGuessed
            held.append((entry, byteCount + (breaksCharacter ? "\u{FFFD}".utf8.count : 0)))
        }
        byteCount += text.count
        scalarCount += text.scalarCount
    }

    /// `count` more bytes were released: the entries that go with them.
    mutating func released(_ count: Int) -> [LogprobsEntry] {
        releasedByteCount += count
        guard !held.isEmpty else { return [] }
        let ready = held.prefix { $0.start < releasedByteCount }.map(\.entry)
        held.removeFirst(ready.count)
        return ready
    }

    /// All that is left, at an end that cuts nothing away.
    mutating func rest() -> [LogprobsEntry] {
        defer { held = [] }
        return held.map(\.entry)
    }
}

extension [UInt8] {
    /// Unicode scalars, given that this is valid UTF-8: every byte but those that continue one.
    var scalarCount: Int { count { $0 & 0xC0 != 0x80 } }
}
