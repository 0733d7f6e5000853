// JudgedCollection.swift — a corpus with questions and judgments, in BEIR's layout.
// Retrieval › Evaluation.  corpus.jsonl, queries.jsonl, and qrels.tsv (or qrels/test.tsv).

internal import Base

/// Texts, questions, and which texts answer which question how well.
package struct JudgedCollection: Sendable {
    package struct Question: Sendable, Equatable {
        package let id: String
        package let text: String
        /// Grade by document id; 0 is "judged, and not relevant".
        package var grades: [String: Int]
    }

    package let name: String
    package private(set) var documents: [Chunk] = []
    /// Those with at least one relevant document, in the file's order.
    package private(set) var questions: [Question] = []

    /// - Throws: `FileError`; `IngestError` for what is not BEIR's layout, and for a judgment of an unknown document
    ///   or question: dropped silently, it would change every figure.
    package init(folder: String) throws {
        name = String(folder.split(separator: "/").last ?? "collection")
        var documentIDs = Set<String>()
        let corpus = folder + "/corpus.jsonl"
        try JSONLines.forEach(corpus) { value, line in
            guard let id = Self.id(value) else { throw IngestError(corpus, line: line, "it has no _id") }
            guard documentIDs.insert(id).inserted else {
                throw IngestError(corpus, line: line, "the _id '\(id)' again")
            }
            documents.append(
                Chunk(documentID: id, title: value["title"]?.string ?? "", text: value["text"]?.string ?? ""))
        }
        var questions: [Question] = []
        var places: [String: Int] = [:]
        let queries = folder + "/queries.jsonl"
        try JSONLines.forEach(queries) { value, line in
            guard let id = Self.id(value), let text = value["text"]?.string else {
                throw IngestError(queries, line: line, "it has no _id or no text")
            }
            places[id] = questions.count
            questions.append(Question(id: id, text: text, grades: [:]))
        }
        let (path, rows) = try Self.judgments(folder)
        for (number, row) in rows.enumerated() where !row.isEmpty {
            let columns = row.split(separator: 0x09, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            if number == 0, columns.first == "query-id" { continue }
            guard columns.count == 3, let grade = Int(columns[2].filter { $0 != "\r" }) else {
                throw IngestError(path, line: number + 1, "expected question, document and grade with tabs between")
            }
            guard let place = places[columns[0]] else {
                throw IngestError(path, line: number + 1, "no question has the id '\(columns[0])'")
            }
            guard documentIDs.contains(columns[1]) else {
                throw IngestError(path, line: number + 1, "no document has the id '\(columns[1])'")
            }
            questions[place].grades[columns[1]] = grade
        }
        self.questions = questions.filter { $0.grades.values.contains { $0 > 0 } }
        guard !self.questions.isEmpty else { throw IngestError(path, "it judges no document relevant") }
    }

    /// The collection with as many of its questions, in their order: a random draw, but always the same one, for what
    /// takes too long over all.
    package func drawing(_ count: Int) -> JudgedCollection {
        let drawn = Set(
            questions.map { question in
                var hash = SipHash128(key: SipHashKey(0x7175_6573_7469, 0x6f6e_735f_6472))
                hash.append(Array(question.id.utf8))
                return (hash.finish().description, question.id)
            }.sorted { $0 < $1 }.prefix(count).map { $0.1 })
        var smaller = self
        smaller.questions = questions.filter { drawn.contains($0.id) }
        return smaller
    }

    /// The documents in memory, one chunk each, with vectors if there is an embedder.
    package func snapshot(embedder: (any Embedder)?) throws -> Snapshot {
        var builder = SegmentBuilder(dimension: embedder?.dimension)
        let batchSize = 64
        for start in stride(from: 0, to: documents.count, by: batchSize) {
            let batch = documents[start..<min(start + batchSize, documents.count)]
            let vectors = try embedder?.embed(batch.map(\.embeddedText))
            for (index, chunk) in batch.enumerated() {
                guard let vector = vectors?[index] else {
                    builder.append(chunk, vector: [])
                    continue
                }
                guard let unit = unitVector(vector) else {
                    throw IndexError.vector(document: chunk.documentID, "no direction")
                }
                builder.append(chunk, vector: unit.map { Float16($0).bitPattern })
            }
        }
        let dimension = embedder?.dimension
        let segment = try Segment(try builder.finish().frozen(), checked: false, dimension: dimension)
        return Snapshot([LiveSegment(segment)], dimension: dimension)
    }

    private static func id(_ value: JSON) -> String? {
        value["_id"]?.string ?? value["_id"]?.integer.map { String($0) } ?? value["id"]?.string
    }

    private static func judgments(_ folder: String) throws -> (path: String, rows: [ArraySlice<UInt8>]) {
        var path = folder + "/qrels.tsv"
        var bytes: [UInt8]
        do throws(FileError) { bytes = try ReadFile.bytes(path) } catch {
            guard error.isMissing else { throw error }
            path = folder + "/qrels/test.tsv"
            bytes = try ReadFile.bytes(path)
        }
        return (path, bytes.split(separator: 0x0A, omittingEmptySubsequences: false))
    }
}
