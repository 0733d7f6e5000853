// TableSelectionTests.swift — which table of a note is shown, if any.

import Explainer
import Testing

@Suite("Tables") struct TableSelectionTests {
    private static let tables = [
        "| ef | recall |\n|---|---|\n| 16 | 0.87 |", "| shard | machines |\n|---|---|\n| 4 | 12 |",
    ]

    /// The table that a question gets of a note with two of them.
    private static func table(for question: String, isContinued: Bool = false) throws -> String? {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Alpha is first."],
            explanation: ["Gamma is searched.\n\n\(tables[0])\n\nDelta ends it.\n\n\(tables[1])\n"])
        let others = (0..<20).map { "nothing of that number \($0)" }
        let vocabulary = Vocabulary([note.text(.explanation)] + others)
        return TableSelection(vocabulary: vocabulary)
            .table(of: note, for: question, isShownAgain: isContinued).map(note.text)
    }

    @Test(arguments: [
        ("what does ef do to recall", 0), ("does one shard need machines?", 1), ("why is it searched", nil),
        ("how is it different from a list?", 0), ("how many machines?", 1), ("how is it evicted", nil),
    ]) func `a question gets the table that shares its words, or the first one where it compares`(
        question: String, index: Int?
    ) throws {
        #expect(try Self.table(for: question) == index.map { Self.tables[$0] })
    }

    @Test(arguments: [("and the recall?", nil), ("how much recall?", 0)])
    func `in a conversation it must be asked for`(question: String, index: Int?) throws {
        #expect(try Self.table(for: question, isContinued: true) == index.map { Self.tables[$0] })
    }
}
