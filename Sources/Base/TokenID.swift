// TokenID.swift — the one currency between tokenizer, engine and server.
// Base: both Tokenization and Engine need it, and neither imports the other.

/// An index into a model's vocabulary. A type of its own, so that it cannot be mixed up with a position or a block.
///
/// Laid out exactly as its `Int32`, so `[TokenID]` costs four bytes a token.
package struct TokenID: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
    CustomStringConvertible
{
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }
    package init(_ value: Int32) { self.rawValue = value }
    /// - Precondition: `value` fits an `Int32`; vocabularies are bounded far below that when they are loaded.
    package init(_ value: Int) { self.rawValue = Int32(value) }
    package init(integerLiteral value: Int32) { self.rawValue = value }

    /// The id as an array index.
    package var index: Int { Int(rawValue) }

    package var description: String { String(rawValue) }

    package static func < (left: TokenID, right: TokenID) -> Bool { left.rawValue < right.rawValue }
}
