// OtherQuestions.swift — questions that the notes do not answer: everyday ones, and those of neighboring fields.
// Explainer › Question.  A question is foreign less because nothing in the notes is near it than because something
// elsewhere is nearer.

internal import Base
package import Retrieval

/// `other-questions.txt` beside the notes: a question a line under `[everyday]` or `[neighboring]`, `#` for remarks.
package struct OtherQuestions: Sendable {
    package static let fileName = "other-questions.txt"

    package enum Kind: String, CaseIterable, Sendable { case everyday, neighboring }

    package private(set) var questions: [(kind: Kind, text: String)] = []

    /// Without a file there are none.
    package init() {}

    /// Reads the file of a corpus; a corpus without one has none.
    ///
    /// - Throws: the first fault with its line.
    package init(corpus folder: String) throws(NoteFault) {
        let path = folder + "/" + Self.fileName
        let bytes: [UInt8]
        do { bytes = try ReadFile.bytes(path, limit: 1 << 20) } catch {
            guard !error.isMissing else { return }
            throw NoteFault(path, 1, "\(error)")
        }
        let (read, faults) = Self.parse(bytes, path: path)
        if let first = faults.first { throw first }
        self = read
    }

    /// Reads what can be read: for checks that want every fault.
    package static func parse(_ bytes: [UInt8], path: String) -> (read: OtherQuestions, faults: [NoteFault]) {
        var read = OtherQuestions()
        var faults: [NoteFault] = []
        var kind: Kind?
        var seen: [String: Int] = [:]
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            func fault(_ what: String) { faults.append(NoteFault(path, index + 1, what)) }
            let text = String(decoding: line, as: UTF8.self)
            guard line.elementsEqual(text.utf8), line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                fault("expected plain UTF-8 text")
                continue
            }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            if let found = Kind.allCases.first(where: { text == "[\($0.rawValue)]" }) {
                kind = found
            } else if let kind {
                if let earlier = seen.updateValue(index + 1, forKey: text.lowercased()) {
                    fault("the question of line \(earlier) again")
                }
                read.questions.append((kind, text))
            } else {
                fault("expected '[everyday]' or '[neighboring]' before the first question")
            }
        }
        return (read, faults)
    }

    /// One of the questions, to be looked past when it is asked itself.
    package struct Place: Sendable {
        /// Of its id in `EvidenceIndex.others`.
        let document: UInt64
    }

    package func place(_ number: Int) -> Place {
        Place(document: ChunkKey.hash(documentID: documentID(number)))
    }

    /// The chunks of `EvidenceIndex.others`, one a document.
    package var documents: [SourceDocument] {
        questions.enumerated().map { number, question in
            SourceDocument(
                id: documentID(number), bytes: Array(question.text.utf8),
                fields: [Field("kind", .keywords([question.kind.rawValue]))])
        }
    }

    private func documentID(_ number: Int) -> String { "\(questions[number].kind.rawValue)#\(number)" }
}
