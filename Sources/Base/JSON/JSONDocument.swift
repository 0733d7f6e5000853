// JSONDocument.swift — a parsed text: its bytes and a flat tape of nodes.
// Base › JSON.  Written once by JSONParser, read through JSON cursors.  The tape follows simdjson's idea
// (Langdale and Lemire 2019, arXiv:1902.08318): nothing is decoded or allocated before somebody asks for it.

/// One value or key on the tape.
///
///     text   {"a": [1, 2], "b": null}
///     tape   0 object(2)   1 "a"   2 array(2)   3 1   4 2   5 "b"   6 null
///     next   7             2       5            4     5     6       7
struct JSONNode {
    /// Byte offset of the value's first byte; a string's opening quote.
    let start: UInt32
    /// Scalars: byte offset after the content (a string's closing quote). Containers: how many members or elements.
    var extent: UInt32
    /// Tape index after this value and everything inside it.
    var next: UInt32
    let kind: JSON.Kind
    /// Whether a string's bytes differ from its text in the file.
    let hasEscapes: Bool
}

/// Shared by all cursors into one text. Immutable, hence Sendable.
final class JSONDocument: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    init(bytes: [UInt8], nodes: [JSONNode]) {
        self.bytes = bytes
        self.nodes = nodes
    }

    /// Where the text of a string (between its quotes) or of another scalar lies.
    func textRange(_ node: JSONNode) -> Range<Int> {
        let start = Int(node.start) + (node.kind == .string ? 1 : 0)
        return start..<Int(node.extent)
    }

    /// The bytes a string stands for, escapes resolved.
    func decodedBytes(_ node: JSONNode) -> [UInt8] {
        let text = bytes[textRange(node)]
        return node.hasEscapes ? JSONEscapes.decode(text) : Array(text)
    }

    /// Whether a string node stands for exactly these bytes.
    func string(_ node: JSONNode, equals key: String) -> Bool {
        if node.hasEscapes { return decodedBytes(node).elementsEqual(key.utf8) }
        let range = textRange(node)
        return range.count == key.utf8.count && bytes[range].elementsEqual(key.utf8)
    }

    /// Line and column, from 1, of a byte offset. Columns count Unicode scalars.
    ///
    /// - Complexity: O(offset): meant for error messages.
    static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
