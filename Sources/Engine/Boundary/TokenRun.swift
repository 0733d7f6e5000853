// TokenRun.swift — the tokens that one step gave one request: nearly always one.
// Engine › Boundary.

package import Base

/// A few tokens in order. The first is kept inline, so that an event about one token allocates nothing.
package struct TokenRun: Sendable, Equatable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private let first: TokenID?
    private let others: [TokenID]

    package init(_ tokens: some Collection<TokenID>) {
        first = tokens.first
        others = tokens.count > 1 ? Array(tokens.dropFirst()) : []
    }

    package init(arrayLiteral tokens: TokenID...) { self.init(tokens) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { first == nil ? 0 : 1 + others.count }

    package subscript(position: Int) -> TokenID {
        guard let first else { preconditionFailure("an empty run has no token \(position)") }
        return position == 0 ? first : others[position - 1]
    }
}
