// JSON+Sequences.swift — walking objects and arrays in file order.
// Base › JSON.

extension JSON {
    /// An object's members in file order, repeated keys included; nothing for other kinds.
    package var members: Members { Members(self) }

    /// An array's elements in order; nothing for other kinds.
    package var elements: Elements { Elements(self) }

    /// The second of two equal keys of this object (not of objects inside it), for callers that refuse them.
    ///
    /// The cursor points at the key itself, so that its line and column can be told.
    ///
    /// - Complexity: O(bytes of the keys).
    package func firstDuplicateKey() -> JSON? {
        guard kind == .object else { return nil }
        var seen = Set<[UInt8]>(minimumCapacity: count)
        var position = index + 1
        while position < Int(node.next) {
            let key = JSON(document: document, index: position)
            if !seen.insert(document.decodedBytes(key.node)).inserted { return key }
            position = Int(document.nodes[position + 1].next)
        }
        return nil
    }

    /// Keys are the bytes they stand for, escapes resolved.
    package struct Members: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var position: Int
        private let end: Int

        init(_ object: JSON) {
            document = object.document
            position = object.index + 1
            end = object.kind == .object ? Int(object.node.next) : 0
        }

        package mutating func next() -> (key: [UInt8], value: JSON)? {
            guard position < end else { return nil }
            let key = document.decodedBytes(document.nodes[position])
            let value = JSON(document: document, index: position + 1)
            position = Int(document.nodes[position + 1].next)
            return (key, value)
        }
    }

    package struct Elements: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var position: Int
        private let end: Int

        init(_ array: JSON) {
            document = array.document
            position = array.index + 1
            end = array.kind == .array ? Int(array.node.next) : 0
        }

        package mutating func next() -> JSON? {
            guard position < end else { return nil }
            let element = JSON(document: document, index: position)
            position = Int(document.nodes[position].next)
            return element
        }
    }
}
