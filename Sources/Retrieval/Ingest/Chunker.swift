// Chunker.swift — documents to pieces that an encoder can read whole and an answer can quote.
// Retrieval › Ingest.  An encoder cuts what is too long without a word, so tokens are counted, the title's too.

package import Base

/// A document as it was read.
package struct SourceDocument: Sendable {
    package var id: String
    package var title: String
    package var bytes: [UInt8]
    /// What is indexed of `bytes`: all but the front matter.
    package var body: Range<Int>
    package var isMarkdown: Bool
    package var fields: [Field]

    package init(
        id: String, title: String = "", bytes: [UInt8], body: Range<Int>? = nil, isMarkdown: Bool = false,
        fields: [Field] = []
    ) {
        self.id = id
        self.title = title
        self.bytes = bytes
        self.body = body ?? 0..<bytes.count
        self.isMarkdown = isMarkdown
        self.fields = fields
    }

    /// Of everything that goes into the index: unchanged documents are known by it.
    package var sourceHash: Hash128 {
        var hash = SipHash128(key: SipHashKey(0x5377_6966_746c_6574, 0x736f_7572_6365_7321))
        var writer = ByteWriter()
        var chunk = Chunk(documentID: id, title: title, text: "")
        chunk.fields = fields
        chunk.encodeFields(to: &writer)
        for part in [Array(title.utf8), writer.bytes, bytes] {
            hash.append(UInt64(part.count))
            hash.append(part)
        }
        return hash.finish()
    }
}

/// Packs whole sentences; begins anew at every heading.
package struct Chunker {
    /// Tokens that a chunk should not exceed, its title not counted.
    package var target = 200
    /// What the encoder reads at most, title and its own two marks included.
    package var limit = 256
    /// Tokens that are repeated where one sentence is too long for a chunk and is cut.
    package var overlap = 24

    private let countTokens: (String) -> Int

    /// - Parameter countTokens: the encoder's count; without an encoder, `estimate`.
    package init(countTokens: @escaping (String) -> Int = Chunker.estimate) { self.countTokens = countTokens }

    /// English has about four word pieces for three words.
    package static func estimate(_ text: String) -> Int {
        let words = text.utf8.split { $0 <= 0x20 }
        return words.reduce(0) { $0 + max(1, ($1.count + 3) / 6) } * 4 / 3
    }

    /// The document's chunks, in order. The title of each is the document's and the headings above it.
    package func chunks(_ document: SourceDocument) -> [Chunk] {
        let hash = document.sourceHash
        var chunks: [Chunk] = []
        func append(_ sentences: [Range<Int>], _ title: String) {
            guard let first = sentences.first, let last = sentences.last else { return }
            let range = first.lowerBound..<last.upperBound
            let text = String(decoding: document.bytes[range], as: UTF8.self)
            // Bytes that are no UTF-8 are replaced by longer ones: offsets would point elsewhere.
            let isExact = text.utf8.count == range.count
            chunks.append(
                Chunk(
                    documentID: document.id, sequence: chunks.count, title: title, text: text,
                    sentences: isExact
                        ? sentences.map { $0.lowerBound - range.lowerBound..<$0.upperBound - range.lowerBound } : [],
                    fields: document.fields, sourceHash: hash, sourceOffset: range.lowerBound))
        }

        var open: [Range<Int>] = []
        var openCount = 0
        var openHeadings: [String] = []
        let units = TextStructure.units(document.bytes, in: document.body, isMarkdown: document.isMarkdown)
        for unit in units {
            let title = Self.title(document.title, unit.headings)
            let budget = max(32, min(target, limit - 2 - countTokens(title)))
            let count = countTokens(String(decoding: document.bytes[unit.range], as: UTF8.self))
            if unit.headings != openHeadings || openCount + count > budget {
                append(open, Self.title(document.title, openHeadings))
                (open, openCount, openHeadings) = ([], 0, unit.headings)
            }
            if count > budget {
                for piece in cut(document.bytes, unit.range, budget) { append([piece], title) }
            } else {
                open.append(unit.range)
                openCount += count
            }
        }
        append(open, Self.title(document.title, openHeadings))
        // A document of a title alone is still found by it.
        if chunks.isEmpty {
            chunks.append(
                Chunk(
                    documentID: document.id, title: document.title, text: "", fields: document.fields,
                    sourceHash: hash, sourceOffset: document.body.lowerBound))
        }
        return chunks
    }

    private static func title(_ title: String, _ headings: [String]) -> String {
        // A document's first heading is often its title again.
        let rest =
            headings.first.map { Array($0.utf8) == Array(title.utf8) } ?? false ? headings.dropFirst() : headings[...]
        return ((title.isEmpty ? [] : [title]) + rest).joined(separator: " › ")
    }

    /// A sentence that fits no chunk, as word runs that overlap.
    private func cut(_ bytes: [UInt8], _ range: Range<Int>, _ budget: Int) -> [Range<Int>] {
        var words: [(range: Range<Int>, count: Int)] = []
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            // A run without spaces is cut between characters, every 64 bytes or so.
            while end < range.upperBound, bytes[end] > 0x20, end - start < 64 || bytes[end] & 0xC0 == 0x80 { end += 1 }
            if end > start {
                words.append((start..<end, countTokens(String(decoding: bytes[start..<end], as: UTF8.self))))
            }
            start = end
            while start < range.upperBound, bytes[start] <= 0x20 { start += 1 }
        }
        var pieces: [Range<Int>] = []
        var first = 0
        while first < words.count {
            var end = first
            var count = 0
            while end < words.count, end == first || count + words[end].count <= budget {
                count += words[end].count
                end += 1
            }
            pieces.append(words[first].range.lowerBound..<words[end - 1].range.upperBound)
            guard end < words.count else { break }
            var back = end
            var repeated = 0
            while back - 1 > first, repeated + words[back - 1].count <= overlap {
                back -= 1
                repeated += words[back].count
            }
            first = back
        }
        return pieces
    }
}
