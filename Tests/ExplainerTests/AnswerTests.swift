import Base
import Engine
import Explainer
import Sampling
import TestSupport
import Testing
import Tokenization

@Suite struct `Answer prompt` {
    @Test func `has its notes by id and its sentences in file order, one line each`() throws {
        let notes = try AnswerFixtures.two()
        let sentences = notes.flatMap { AnswerSentence.all(.explanation, of: $0) }
        let prompt = AnswerPrompt(question: "One\n  line?", sentences: sentences.reversed())
        let messages = prompt.messages()
        #expect(messages.count == 2)
        #expect(messages[0].fields[1].value == .string("Answer with sentences of the notes."))
        #expect(
            messages[1].fields[1].value
                == .string(
                    """
                    # What does the note a/other say?
                    More details differ too.

                    # What does the note b/best say?
                    Gamma explains it.
                    Delta goes into detail.
                    Alpha holds 42 blocks.

                    Question: One line?
                    """))
    }
}

@Suite struct `Strict answer` {
    /// Runs a session as the engine would, letting `choose` pick among the allowed tokens.
    static func answer(
        _ evidence: Evidence, _ options: AnswerOptions = AnswerOptions(), maxLength: Int = 4000, chunk: Int = 1,
        note: (NoteID) -> Note? = { _ in nil }, choose: ([TokenID]) -> TokenID
    ) throws -> (Answer, [AnswerEvent]) {
        let plan = try AnswerPlan(evidence, options, AnswerFixtures.model(maxLength: maxLength), note: note)
        var session = AnswerSession(plan, id: "x")
        var events = session.begin()
        guard let request = plan.request else {
            #expect(session.isFinished)
            return (session.answer, events)
        }
        #expect(request.promptTokens.count + request.maxOutputTokens <= maxLength)
        var constraint = try #require(request.constraint)
        var output: [TokenID] = []
        while true {
            var mask = TokenMask(vocabularySize: 257)
            constraint.fillMask(&mask)
            let token = choose((0..<257).map { TokenID($0) }.filter { mask[$0] })
            if token == ByteAnswerCodec.end { break }
            constraint.accept(token)
            output.append(token)
        }
        #expect(output.count < request.maxOutputTokens)
        var start = 0
        while start < output.count {
            let next = min(start + chunk, output.count)
            events += session.received(.tokens(TokenRun(output[start..<next])))
            start = next
        }
        var timings = RequestTimings()
        (timings.arrivalNanoseconds, timings.scheduledNanoseconds) = (1_000_000, 3_000_000)
        (timings.firstTokenNanoseconds, timings.finishedNanoseconds) = (7_000_000, 70_000_000)
        events += session.received(
            .finished(
                RequestSummary(
                    reason: .stopToken(ByteAnswerCodec.end), promptTokenCount: request.promptTokens.count,
                    cachedTokenCount: 48, outputTokenCount: output.count + 1, timings: timings)))
        #expect(session.isFinished)
        return (session.answer, events)
    }

    @Test func `tells the instruction and the notes, which are everybody's, from the question`() throws {
        let notes = try AnswerFixtures.two()
        func request(_ question: String) throws -> AnswerRequest {
            let plan = try AnswerPlan(
                AnswerFixtures.evidence(notes, question: question), AnswerOptions(), AnswerFixtures.model())
            return try #require(plan.request)
        }
        let (one, other) = (try request("What is said?"), try request("Who said it?"))
        let common = zip(one.promptTokens, other.promptTokens).prefix { $0 == $1 }.count
        #expect(one.commonTokenCount == other.commonTokenCount && one.commonTokenCount <= common)
        let words = String(decoding: one.promptTokens[..<one.commonTokenCount].map { UInt8($0.index) }, as: UTF8.self)
        #expect(words.contains("Gamma explains it.") && words.hasSuffix("Question: "))
        #expect(one.request(RequestID(1)).sharedPrefixCount == one.commonTokenCount)
    }

    @Test func `names the line of this project that does what a note tells of`() throws {
        let project = try #require(CorpusFolder.project())
        let place = try #require(CodePlace("Sources/Explainer/Answer/CodePlace.swift#byteLimit", in: project))
        let text = try String(decoding: ReadFile.bytes(project + "/" + place.path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[try #require(place.line) - 1].contains("let byteLimit"))
        // Without a symbol it is the type that the file is named after.
        let file = try #require(CodePlace(place.path, in: project))
        #expect(lines[try #require(file.line) - 1].contains("struct CodePlace"))
        #expect(file.description == "\(file.path):\(try #require(file.line))")
        let unknown = try #require(CodePlace(place.path + "#nothing", in: project))
        #expect(unknown.line == file.line)
        // A program that was moved, and a file that is no longer there.
        #expect(CodePlace(place.path, in: nil)?.description == place.path)
        #expect(CodePlace("Sources/Nowhere.swift", in: project)?.line == nil)
    }

    @Test func `quotes nothing out of its place that points back`() throws {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Alpha."],
            explanation: [
                "Blocks are small.", "They are shared.", "This project has 16.", "*It* may grow.", "Items stay.",
            ])
        let sentences = AnswerSentence.all(.explanation, of: note)
        #expect(sentences.map(\.stands) == [true, false, true, false, true])
        #expect(Set(sentences.map(\.paragraphStart)).count == 1)
        #expect(AnswerSentence.all(.shortAnswer, of: note)[0].paragraphStart < sentences[0].paragraphStart)
    }

    @Test func `says the short answer, then what the model chooses, every sentence a quotation`() throws {
        let notes = try AnswerFixtures.two()
        var generator = SeededGenerator(seed: 3)
        for round in 0..<60 {
            var options = AnswerOptions()
            options.level = round % 2 == 0 ? .junior : .senior
            options.sentenceCount = [nil, 1, 2, 3, 9].randomElement(using: &generator)!
            let (answer, events) = try Self.answer(
                AnswerFixtures.evidence(notes), options, chunk: Int.random(in: 1...40, using: &generator)
            ) { $0.randomElement(using: &generator)! }
            #expect(answer.text.hasPrefix("Alpha is first."))
            let quotes = answer.spans.filter { $0.citation != nil }
            #expect(quotes.count <= options.answerSentenceCount && quotes.count >= min(3, options.answerSentenceCount))
            #expect(Set(quotes.map(\.text)).count == quotes.count, "a sentence was said twice")
            let places = answer.citations.filter { $0.note == notes[0].id }.map(\.range.lowerBound)
            #expect(places == places.sorted(), "a paragraph's sentences were said in another order")
            // In turns: a quotation, a phrase, a quotation.
            for (index, span) in answer.spans.enumerated() {
                if index % 2 == 1 { #expect(span.citation == nil && ConnectingPhrases.all.contains(span.text)) }
                if index % 2 == 0 { #expect(answer.citations[try #require(span.citation)].quote == span.text) }
            }
            for citation in answer.citations {
                let note = try #require(notes.first { $0.id == citation.note })
                #expect(note.text(citation.range) == citation.quote && note.contentHash == citation.contentHash)
            }
            let shown = events.compactMap { if case .span(let span, _) = $0 { span } else { nil } }
            #expect(shown == answer.spans)
            let sources = events.flatMap { event -> [Citation] in
                switch event {
                case .span(_, let source): source.map { [$0] } ?? []
                case .section(_, let sources): sources
                }
            }
            #expect(sources == answer.citations, "a citation is told when it is new, and once")
        }
    }

    @Test func `keeps the file's bytes in a quotation of two lines`() throws {
        let (answer, _) = try Self.answer(AnswerFixtures.evidence(AnswerFixtures.two())) { allowed in
            allowed.first { $0 == 0x44 } ?? allowed.first { $0.index != 32 } ?? allowed[0]
        }
        #expect(answer.text.contains("Delta goes\ninto detail."))
    }

    @Test func `tells a sentence apart from one that goes on`() throws {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Lead comes first."], explanation: ["A is so.", "B follows."])
        let longer = try AnswerFixtures.note("a/other", short: ["No."], explanation: ["A is so. or so?"])
        let grammarNotes = [note, longer]
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<40 {
            let (answer, _) = try Self.answer(AnswerFixtures.evidence(grammarNotes, gap: 0)) {
                $0.randomElement(using: &generator)!
            }
            let words = answer.spans.map { AnswerSentence.line($0.text) }.joined()
            #expect(words == answer.text)
        }
    }

    @Test(arguments: [(Note.Level.senior, 8), (.junior, 5)])
    func `says all its sentences where the evidence is sure, if the model would rather end`(
        level: Note.Level, count: Int
    ) throws {
        let note = try AnswerFixtures.note(
            "b/best", short: ["Alpha is first.", "Beta is second."],
            explanation: "CDEFGHIJKLMN".map { "Part \($0) of gamma explains it." })
        var options = AnswerOptions()
        options.level = level
        let (answer, _) = try Self.answer(AnswerFixtures.evidence([note]), options) { allowed in
            allowed.first { $0 == ByteAnswerCodec.end } ?? allowed[0]
        }
        #expect(answer.spans.count { $0.citation != nil } == count)
    }

    @Test(arguments: [
        (EvidenceVerdict.sufficient, 0.04, true), (.sufficient, 0.08, false), (.weak, 0.08, true), (.weak, 0.12, false),
    ])
    func `quotes a second note that is near, and a doubtful answer one that is less so`(
        verdict: EvidenceVerdict, gap: Double, isQuoted: Bool
    ) throws {
        let best = try AnswerFixtures.note("b/best", short: ["Alpha is first."], explanation: ["Gamma explains it."])
        let second = try AnswerFixtures.note("a/second", short: ["Zeta is second."], explanation: ["Eta explains it."])
        let (answer, _) = try Self.answer(AnswerFixtures.evidence([best, second], verdict: verdict, gap: gap)) {
            $0.last!
        }
        #expect(answer.text.contains("Alpha is first."))
        #expect(answer.text.contains("Zeta is second.") == isQuoted)
    }

    @Test(arguments: [(EvidenceVerdict.sufficient, true), (.weak, false)])
    func `shows the table that was asked for, unless the evidence is weak`(
        verdict: EvidenceVerdict, isShown: Bool
    ) throws {
        let table = "| a | b |\n|---|---|\n| 1 | 2 |"
        let note = try AnswerFixtures.note(
            "b/best", short: ["Alpha is first."], explanation: ["Gamma explains it.\n\n\(table)\n\nDelta ends it."])
        let range = try #require(Sentences.tables(note.bytes, in: note[.explanation].range).first)
        let (answer, _) = try Self.answer(
            AnswerFixtures.evidence([note], verdict: verdict, table: range), note: { _ in nil }
        ) { $0.last! }
        let shown = answer.sections.first { $0.name == AnswerSection.table }
        #expect((shown != nil) == isShown)
        #expect(shown.map { $0.spans.map(\.text) } ?? [table] == [table])
        #expect(shown.map { answer.citations[$0.spans[0].citation ?? -1].range } ?? range == range)
    }

    @Test(arguments: [
        (Note.Kind.concept, true, EvidenceVerdict.sufficient, true), (.coding, false, .sufficient, true),
        (.concept, false, .sufficient, false), (.coding, true, .weak, true), (.coding, false, .weak, false),
    ])
    func `shows the note's program where code is asked for, or the note is surely about code`(
        kind: Note.Kind, asksForCode: Bool, verdict: EvidenceVerdict, isShown: Bool
    ) throws {
        let program = "def f(x):\n    return x\n\nf(1)"
        let note = try AnswerFixtures.note(
            "b/best", short: ["Alpha is first."],
            explanation: ["Gamma explains it.\n\n```python\n\(program)\n```\n\nDelta ends it."], kind: kind)
        let (answer, _) = try Self.answer(
            AnswerFixtures.evidence([note], verdict: verdict, asksForCode: asksForCode), note: { _ in nil }
        ) { $0.last! }
        #expect(answer.sections.contains { $0.name == AnswerSection.listing } == isShown)
        guard isShown else { return }
        let span = try #require(answer.sections[0].spans.first)
        #expect(answer.sections[0].spans.count == 1 && span.text == program)
        let citation = answer.citations[try #require(span.citation)]
        #expect(note.text(citation.range) == program)
    }

    @Test func `has the best note's other sections behind it, related notes, code and the engine's account`() throws {
        var notes = try AnswerFixtures.two()
        notes[0] = try AnswerFixtures.note(
            "b/best", short: ["Alpha is first."], explanation: ["Gamma explains it."], seeAlso: "c/linked",
            code: "[Sources/Engine/Request.swift#Request, Package.swift]")
        let linked = try AnswerFixtures.note("c/linked", short: ["X."], explanation: ["Y."])
        let (answer, _) = try Self.answer(
            AnswerFixtures.evidence(notes), note: { $0 == linked.id ? linked : nil }
        ) { $0.last! }
        #expect(answer.sections.map(\.name) == ["interviewers_probe", "common_mistakes", "follow_ups"])
        #expect(answer.sections[2].spans.map(\.text) == ["*What comes next?*", "*Who asks?*"])
        #expect(answer.related.map(\.id.description) == ["a/other", "c/linked"])
        #expect(answer.code.map(\.path) == ["Sources/Engine/Request.swift", "Package.swift"])
        #expect(answer.code[0].symbol == "Request")
        #expect(answer.engine.cachedTokens == 48 && answer.engine.sharedBlocks == 3)
        #expect(answer.timings.map(\.stage) == ["search", "queue", "prefill", "decode"])
        #expect(answer.timings.map(\.milliseconds) == [1.5, 2, 4, 63])

        var json = JSONWriter()
        answer.write(to: &json)
        let document = try JSON.parse(json.bytes)
        #expect(document["answer"]?.string == answer.text && document["declined"]?.bool == false)
        let sections = try #require(document["sections"])
        #expect(
            sections.members.map { String(decoding: $0.0, as: UTF8.self) }
                == ["short_answer", "explanation", "interviewers_probe", "common_mistakes", "follow_ups"])
        #expect(document["citations"]?.elements.map { $0["quote"]?.string ?? "" } == answer.citations.map(\.quote))
    }

    @Test func `leaves sentences out of a prompt that does not fit, and the model if none is left`() throws {
        let evidence = AnswerFixtures.evidence(try AnswerFixtures.two())
        let (whole, _) = try Self.answer(evidence) { $0.last! }
        #expect(whole.engine.promptTokens > 200)
        let (short, _) = try Self.answer(evidence, maxLength: 330) { $0.last! }
        #expect(short.engine.promptTokens > 0 && short.engine.promptTokens < whole.engine.promptTokens)
        let (none, _) = try Self.answer(evidence, maxLength: 100) { $0.last! }
        #expect(none.text == "Alpha is first. Beta is second." && none.engine == EngineAccount())
    }

    @Test func `has two short answers where two notes are equally good or each answers a part`() throws {
        let notes = try AnswerFixtures.two()
        var generator = SeededGenerator(seed: 4)
        let both = "Alpha is first. Beta is second. Other notes differ."
        let second: Set = [notes[1].id]
        for (gap, leaders, expected) in [(0.04, [], both), (0.06, [], ""), (0.25, second, both)] {
            var said: Set<NoteID> = []
            for _ in 0..<20 {
                let evidence = AnswerFixtures.evidence(notes, gap: gap, partLeaders: leaders)
                let (answer, _) = try Self.answer(evidence) { $0.randomElement(using: &generator)! }
                if !expected.isEmpty { #expect(answer.text.hasPrefix(expected)) }
                said.formUnion(answer.quotedNotes)
            }
            #expect(said.count == (expected.isEmpty ? 1 : 2))
        }
    }

    @Test func `of weak evidence is quotations alone, and of none the reason and the nearest notes`() throws {
        let notes = try AnswerFixtures.two()
        let (weak, _) = try Self.answer(AnswerFixtures.evidence(notes, verdict: .weak, gap: 0.04)) { _ in
            ByteAnswerCodec.end
        }
        #expect(weak.text == "Alpha is first. Beta is second. Other notes differ.")
        #expect(weak.sections.isEmpty && weak.engine == EngineAccount())
        #expect(weak.spans.allSatisfy { $0.citation != nil || $0.text == " " })
        let (declined, events) = try Self.answer(
            AnswerFixtures.evidence(notes, verdict: .declined(reason: "Not of this field."))
        ) { _ in ByteAnswerCodec.end }
        #expect(declined.text.isEmpty && declined.citations.isEmpty && events.isEmpty)
        #expect(declined.reason == "Not of this field." && declined.related.map(\.id) == notes.map(\.id))
    }
}
