// Drafter.swift — guesses the tokens that come next, for the model to check all at once.
// Engine › Speculation.  Leviathan et al. 2023, arXiv:2211.17192; README.md beside this file tells why a guess can
// never change an output.

package import Base

/// Guesses a sequence's next tokens from the sequence itself. A wrong guess costs time, nothing else.
package protocol Drafter: Sendable {
    /// Takes notice of the token at `index`; called once for each, in order, from the prompt's first.
    mutating func note(_ tokens: borrowing [TokenID], at index: Int)
    /// Appends at most `count` guesses of what follows `tokens` to `draft`; none where there is nothing to go by.
    func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID])
}

extension Drafter {
    /// Continues as the sequence did after position `end`. Where that runs into the sequence's own end it goes on
    /// through the guesses themselves, so a loop is guessed as a loop.
    func copy(
        _ tokens: borrowing [TokenID], after end: Int, atMost count: Int, into draft: inout [TokenID]
    ) {
        let start = draft.count
        for index in end + 1..<end + 1 + count {
            draft.append(index < tokens.count ? tokens[index] : draft[start + index - tokens.count])
        }
    }
}

/// How an engine drafts: a name, and a maker of one drafter for each request.
package struct DrafterKind: Sendable, Equatable {
    package let name: String
    /// Nil for the draft model, which guesses for all requests together.
    let make: (@Sendable () -> any Drafter)?

    package init(name: String, make: (@Sendable () -> any Drafter)?) {
        self.name = name
        self.make = make
    }

    /// A model of its own, given to `EngineCore`.
    package static let model = DrafterKind(name: "model", make: nil)
    /// What followed the last occurrence of the last few tokens.
    package static let lookup = DrafterKind(name: "lookup") { PromptLookup() }
    /// What followed the longest end of the sequence that occurred before.
    package static let suffix = DrafterKind(name: "suffix") { SuffixAutomaton() }

    package static func == (left: DrafterKind, right: DrafterKind) -> Bool { left.name == right.name }
}
