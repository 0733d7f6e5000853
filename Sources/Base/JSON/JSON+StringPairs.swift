// JSON+StringPairs.swift — walking an array of pairs of strings in place.
// Base › JSON.  For the hundreds of thousands of merge rules in a tokenizer.json: nothing is allocated per pair.

extension JSON {
    /// Calls `body` with the bytes of both strings of each element, in order, escapes resolved.
    ///
    /// - Returns: the index of the first element that is no array of two strings, where the walk ends; nil when there
    ///   is none, or nothing to walk.
    package func forEachStringPair<Failure: Error>(
        _ body: (_ first: Span<UInt8>, _ second: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> Int? {
        guard kind == .array else { return nil }
        let nodes = document.nodes
        let bytes = document.bytes
        var position = index + 1
        for element in 0..<count {
            guard nodes[position].kind == .array, nodes[position].extent == 2, nodes[position + 1].kind == .string,
                nodes[position + 2].kind == .string
            else { return element }
            let (first, second) = (nodes[position + 1], nodes[position + 2])
            if first.hasEscapes || second.hasEscapes {
                let decoded = (document.decodedBytes(first), document.decodedBytes(second))
                try body(decoded.0.span, decoded.1.span)
            } else {
                let text = bytes.span
                try body(text.extracting(document.textRange(first)), text.extracting(document.textRange(second)))
            }
            position = Int(nodes[position].next)
        }
        return nil
    }
}
