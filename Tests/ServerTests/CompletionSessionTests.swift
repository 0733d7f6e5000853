// CompletionSessionTests.swift — the state machine, without a socket or an engine.

import Base
import Engine
import Server
import Testing

@Suite struct `Completion session` {
    /// Feeds events one by one and joins the outcomes.
    func run(
        _ events: [RequestEvent.Kind], stop: [String] = []
    ) -> (text: String, cancels: Int, completions: [CompletionSession.Completion]) {
        var session = CompletionSession(
            detokenizer: ByteDetokenizer(),
            CompletionSession.Options(stopStrings: StopStrings(stop.map { Array($0.utf8) })))
        var text: [UInt8] = []
        var cancels = 0
        var completions: [CompletionSession.Completion] = []
        for event in events {
            let outcome = session.received(event)
            text += outcome.text
            cancels += outcome.cancelsRequest ? 1 : 0
            if let completion = outcome.completion { completions.append(completion) }
        }
        return (String(decoding: text, as: UTF8.self), cancels, completions)
    }

    func tokens(_ text: String) -> [RequestEvent.Kind] { Array(text.utf8).map { .tokens([TokenID(Int($0))]) } }

    func finished(_ reason: FinishReason, output: Int) -> RequestEvent.Kind {
        .finished(
            RequestSummary(
                reason: reason, promptTokenCount: 7, cachedTokenCount: 4, outputTokenCount: output,
                timings: RequestTimings()))
    }

    @Test func `a stop token ends with stop and is counted but not shown`() {
        let result = run(tokens("hello") + [finished(.stopToken(2), output: 6)])
        #expect(result.text == "hello")
        #expect(result.cancels == 0)
        #expect(result.completions.map(\.ending) == [.stop])
        #expect(result.completions[0].outputTokenCount == 6)
        #expect(result.completions[0].promptTokenCount == 7)
        #expect(result.completions[0].cachedTokenCount == 4)
    }

    @Test func `the length limit ends with length`() {
        let result = run(tokens("hello") + [finished(.length, output: 5)], stop: ["lox"])
        #expect(result.text == "hello")
        #expect(result.completions.map(\.ending) == [.length])
    }

    @Test func `a stop string cancels once and waits for the engine's account`() {
        let events = tokens("one two") + tokens(" three") + [finished(.cancelled, output: 13)]
        let result = run(events, stop: ["two"])
        #expect(result.text == "one ")
        #expect(result.cancels == 1)
        #expect(result.completions.map(\.ending) == [.stop])
        #expect(result.completions[0].outputTokenCount == 7, "counts through the token that completed the match")
    }

    @Test(arguments: [FinishReason.length, .stopToken(9), .failed("late")])
    func `a stop string wins over whatever the engine ends with`(reason: FinishReason) {
        let result = run(tokens("ab") + [finished(reason, output: 2)], stop: ["b"])
        #expect(result.completions.map(\.ending) == [.stop])
        #expect(result.text == "a")
    }

    @Test func `tokens of one event behind the match are neither shown nor counted`() {
        let all = Array("one two three".utf8).map { TokenID(Int($0)) }
        let result = run([.tokens(TokenRun(all)), finished(.cancelled, output: 13)], stop: ["two"])
        #expect(result.text == "one ")
        #expect(result.completions[0].outputTokenCount == 7)
    }

    @Test func `text held for a stop string comes out at the end`() {
        let result = run(tokens("the st") + [finished(.length, output: 6)], stop: ["stop"])
        #expect(result.text == "the st")
        #expect(result.completions.map(\.ending) == [.length])
    }

    @Test func `an output that ends inside a character ends with a replacement character`() {
        let events: [RequestEvent.Kind] = [.tokens([TokenID(0xC3)]), finished(.length, output: 1)]
        #expect(run(events).text == "\u{FFFD}")
        #expect(run(events, stop: ["\u{FFFD}"]).text == "")
        #expect(run(events, stop: ["\u{FFFD}"]).completions.map(\.ending) == [.stop])
    }

    @Test func `a failure and a cancellation say so`() {
        #expect(run([finished(.failed("no blocks"), output: 0)]).completions.map(\.ending) == [.failed("no blocks")])
        #expect(run(tokens("a") + [finished(.cancelled, output: 1)]).completions.map(\.ending) == [.cancelled])
    }

    @Test func `events after the end change nothing`() {
        let result = run(
            tokens("a") + [finished(.length, output: 1)] + tokens("b") + [finished(.length, output: 2)])
        #expect(result.text == "a")
        #expect(result.completions.count == 1)
    }
}
