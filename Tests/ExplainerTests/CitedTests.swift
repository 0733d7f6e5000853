import Base
import Engine
import Explainer
import Sampling
import TestSupport
import Testing

@Suite struct `Cited text` {
    @Test(arguments: [
        ("One is so [1]. Two is so. [2][3] Three", [("One is so.", [1]), ("Two is so.", [2, 3]), ("Three", [])]),
        ("A cache [4] of 3.5 GB. ", [("A cache of 3.5 GB.", [4])]),
        ("No marker [x] nor [] here. [12]", [("No marker [x] nor [] here.", [12])]), ("", []), ("[1]", []),
    ])
    func `belongs to sentences with their markers`(text: String, expected: [(String, [Int])]) {
        #expect(
            CitedText(Array(text.utf8)).sentences
                == expected.map { CitedText.Sentence(text: $0.0, markers: $0.1) })
    }
}

@Suite struct `Support` {
    private static func check() throws -> SupportCheck {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Blocks of 16 tokens hold the keys of `top_p` requests.", "Nothing else is here."],
            explanation: ["The scheduler admits \"whole prompts\" first.", "An eviction takes the oldest block."])
        return SupportCheck(
            [Note.Heading.shortAnswer, .explanation].flatMap { AnswerSentence.all($0, of: note) })
    }

    @Test func `needs the words, the numbers, the names and the quotations of a sentence`() throws {
        let check = try Self.check()
        #expect(check.supports("Keys are in blocks of 16 tokens.", by: 0))
        #expect(!check.supports("Keys are in blocks of 32 tokens.", by: 0), "a number is changed")
        #expect(!check.supports("Keys of `top_k` requests are in blocks.", by: 0), "a name is changed")
        #expect(check.supports("The scheduler takes \"whole prompts\" first.", by: 2))
        #expect(!check.supports("The scheduler takes \"half prompts\" first.", by: 2), "a quotation is changed")
        #expect(!check.supports("Weather is nice.", by: 1), "no word is shared")
        #expect(check.supports("A block.", by: 3))
        #expect(
            !check.supports("A block block block block block block block block block block block.", by: 3), "said once")
        #expect(!check.supports("Keys are in blocks.", by: 7))
    }

    @Test func `finds the sentence that says most of it`() throws {
        let check = try Self.check()
        #expect(check.bestSource(of: "The oldest block goes in an eviction.") == 3)
        #expect(check.bestSource(of: "Blocks have 16 tokens.") == 0)
        #expect(check.bestSource(of: "Weather is nice.") == nil)
    }

    private static func answer(_ words: String, _ change: (inout AnswerOptions) -> Void) throws -> Answer {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Blocks of 16 tokens hold keys."], explanation: ["An eviction takes the oldest block."])
        var options = AnswerOptions()
        change(&options)
        let plan = try AnswerPlan(AnswerFixtures.evidence([note]), options, AnswerFixtures.model())
        let request = try #require(plan.request)
        #expect((request.constraint is MarkerConstraint) == (options.grounding == .cite))
        var session = AnswerSession(plan, id: "x")
        #expect(session.begin().isEmpty)
        var shown: [AnswerSpan] = []
        for byte in words.utf8 {
            for case .span(let span, _) in session.received(.tokens([TokenID(Int(byte))])) { shown.append(span) }
        }
        let summary = RequestSummary(
            reason: .length, promptTokenCount: 1, cachedTokenCount: 0, outputTokenCount: words.utf8.count,
            timings: RequestTimings())
        for case .span(let span, _) in session.received(.finished(summary)) { shown.append(span) }
        #expect(shown == session.answer.spans)
        return session.answer
    }

    @Test func `keeps, moves or refuses each citation of an answer`() throws {
        let words = "Keys are in blocks of 16 tokens [1]. The oldest block goes by eviction. [1] It costs 7 coins [2]."
        for policy in UnsupportedPolicy.allCases {
            let answer = try Self.answer(words) {
                $0.grounding = .cite
                $0.unsupported = policy
            }
            let said = answer.spans.filter { $0.text != " " }
            #expect(said.count == (policy == .mark ? 3 : 2))
            #expect(said[0].citation.map { answer.citations[$0].quote } == "Blocks of 16 tokens hold keys.")
            // Named 1, and it is in 2.
            #expect(said[1].citation.map { answer.citations[$0].quote } == "An eviction takes the oldest block.")
            if policy == .mark { #expect(said[2].isUnsupported && said[2].citation == nil) }
        }
    }

    @Test func `is claimed by nothing that is said freely`() throws {
        let answer = try Self.answer("Caf\u{e9}s have keys [1].") { $0.grounding = .free }
        #expect(answer.text == "Caf\u{e9}s have keys [1].")
        #expect(answer.spans.allSatisfy { $0.isUnsupported && $0.citation == nil })
    }
}

@Suite struct `Key points` {
    @Test func `are made by most of their words`() throws {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Blocks of sixteen tokens hold keys.", "Eviction takes the oldest block."],
            explanation: ["More."])
        #expect(KeyPoints(note).made(in: "Nothing of it.") == 0)
        #expect(KeyPoints(note).made(in: "An eviction takes the oldest.") == 0.5)
        let all = "Tokens and keys: blocks of sixteen. The oldest block is taken by eviction."
        #expect(KeyPoints(note).made(in: all) == 1)
    }
}
