// Chunk.swift — what is indexed and found: a piece of a document, small enough to quote.
// Retrieval › Segments.

package import Base

/// The order of chunks everywhere: by document, then by place. Among equal scores the lower comes first, so that an
/// index that grew returns what one built at once returns.
package struct ChunkKey: Hashable, Comparable, Sendable {
    /// A hash of the document's id; the id itself is stored with the chunk.
    package let document: UInt64
    package let sequence: UInt32

    package init(document: UInt64, sequence: UInt32) {
        self.document = document
        self.sequence = sequence
    }

    package static func < (left: ChunkKey, right: ChunkKey) -> Bool {
        left.document != right.document ? left.document < right.document : left.sequence < right.sequence
    }

    /// The same on every machine and in every run.
    package static func hash(documentID: String) -> UInt64 {
        var hash = SipHash128(key: SipHashKey(0x5377_6966_746c_6574, 0x646f_6375_6d65_6e74))
        hash.append(Array(documentID.utf8))
        return hash.finish().low
    }
}

/// A value to filter by.
package enum FieldValue: Sendable, Equatable {
    /// One or several words; a filter matches if any is equal, byte for byte.
    case keywords([String])
    case integer(Int)
    case real(Double)
    case flag(Bool)
}

package struct Field: Sendable, Equatable {
    package let name: String
    package let value: FieldValue

    package init(_ name: String, _ value: FieldValue) {
        self.name = name
        self.value = value
    }
}

/// A piece of a document, with its vector if the index has vectors.
package struct Chunk: Sendable, Equatable {
    package var documentID: String
    /// Its place in the document, from 0.
    package var sequence: Int
    package var title: String
    package var text: String
    /// UTF-8 offsets of its sentences in `text`, ascending.
    package var sentences: [Range<Int>]
    package var fields: [Field]
    /// Of the whole document as it was read: tells whether it changed since.
    package var sourceHash: Hash128
    /// UTF-8 offset of `text` in the document; what a citation points at.
    package var sourceOffset: Int

    package init(
        documentID: String, sequence: Int = 0, title: String = "", text: String, sentences: [Range<Int>] = [],
        fields: [Field] = [], sourceHash: Hash128 = Hash128(low: 0, high: 0), sourceOffset: Int = 0
    ) {
        self.documentID = documentID
        self.sequence = sequence
        self.title = title
        self.text = text
        self.sentences = sentences
        self.fields = fields
        self.sourceHash = sourceHash
        self.sourceOffset = sourceOffset
    }

    package var key: ChunkKey {
        ChunkKey(document: ChunkKey.hash(documentID: documentID), sequence: UInt32(truncatingIfNeeded: sequence))
    }

    /// What an embedder reads: the title says what the text is about.
    package var embeddedText: String { title.isEmpty ? text : title + "\n" + text }
}
