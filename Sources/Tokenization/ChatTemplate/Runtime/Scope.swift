// Scope.swift — which names mean what, where.
// Tokenization › ChatTemplate › Runtime.

/// Names of one block, inside those of the blocks around it. A loop's turn, a macro's call, a captured block each
/// have their own; `if` has none.
final class Scope {
    private var values: [NameID: Value] = [:]
    private let parent: Scope?

    init(inside parent: Scope?) { self.parent = parent }

    func value(_ name: NameID) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.values[name] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ name: NameID, _ value: Value) { values[name] = value }

    /// Lets go of everything, macros above all: they hold the scope that holds them.
    func removeAll() { values.removeAll() }
}
