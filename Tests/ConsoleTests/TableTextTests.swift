// TableTextTests.swift — a table of a note as a terminal shows it.

import Console
import Testing

@Suite("Table text") struct TableTextTests {
    @Test func `columns stand under each other, heads above a line`() {
        let lines = TableText.lines(of: "| ef | recall |\n|:---|---:|\n| 16 | 0.873 |\n| 1,024 | – |")
        #expect(
            lines == [
                "ef     recall",
                "-----  ------",
                "16     0.873",
                "1,024  –",
            ])
    }

    @Test func `the widest column gives way, in several lines`() {
        let words = Array(repeating: "word", count: 40).joined(separator: " ")
        let lines = TableText.lines(of: "| a | b |\n|---|---|\n| x | \(words) |\n| y | z |")
        #expect(lines.allSatisfy { $0.count <= 100 } && lines.count == 2 + 3 + 1)
        #expect(lines[2].hasPrefix("x  word word") && lines[3].hasPrefix("   word") && lines.last == "y  z")
        #expect(lines.joined(separator: " ").split(separator: " ").filter { $0 == "word" }.count == 40)
    }

    @Test(arguments: [
        ("", []), ("|", []), ("| a |", ["a"]), ("| a | b |\n| c |", ["a  b", "c"]), ("|---|", []),
        ("| | b |\n|---|---|\n| c | |", ["   b", "-  -", "c"]),
    ]) func `odd tables lose nothing`(markdown: String, expected: [String]) {
        #expect(TableText.lines(of: markdown) == expected)
    }
}
