// WorkloadTests.swift — what is asked: its lengths, what it shares, and files.

import LoadGeneration
import TestSupport
import Testing

@Suite struct `A workload` {
    private func words(_ session: Session) -> Int {
        session.turns.flatMap(\.messages).reduce(0) { $0 + $1.content.split(separator: " ").count }
    }

    @Test(arguments: SyntheticWorkload.Shape.allCases)
    func `has as many requests as wanted and is the same for the same seed`(shape: SyntheticWorkload.Shape) {
        var workload = SyntheticWorkload()
        workload.shape = shape
        workload.spread = 0.5
        let sessions = workload.sessions(requestCount: 50, seed: 9)
        #expect(sessions.reduce(0) { $0 + $1.turns.count } == 50)
        #expect(sessions == workload.sessions(requestCount: 50, seed: 9))
        #expect(sessions != workload.sessions(requestCount: 50, seed: 10))
        #expect(sessions.allSatisfy { $0.turns.allSatisfy { $0.maxTokens >= 1 && !$0.messages.isEmpty } })
    }

    @Test func `varies its lengths within the spread`() {
        var workload = SyntheticWorkload()
        workload.inputTokens = 100
        workload.spread = 0.2
        let lengths = workload.sessions(requestCount: 500, seed: 1).map(words)
        #expect(lengths.min() ?? 0 >= 80 && lengths.max() ?? 0 <= 120)
        #expect(Set(lengths).count > 30)
    }

    @Test func `of shared prefixes has just so many beginnings`() {
        var workload = SyntheticWorkload()
        workload.shape = .sharedPrefix
        workload.prefixCount = 3
        let prompts = workload.sessions(requestCount: 100, seed: 1).map { $0.turns[0].messages[0].content }
        #expect(Set(prompts.map { $0.prefix(300) }).count == 3)
        #expect(Set(prompts).count == 100)
    }

    @Test func `of retrieval asks for a sentence that stands in its passages`() throws {
        var workload = SyntheticWorkload()
        workload.shape = .rag
        for session in workload.sessions(requestCount: 20, seed: 1) {
            let prompt = session.turns[0].messages[0].content
            let question = try #require(prompt.split(separator: "\"").dropFirst().first)
            #expect(prompt.ranges(of: question).count >= 2)
        }
    }

    @Test func `of intruders has about the share of long prompts that was asked for`() {
        var workload = SyntheticWorkload()
        workload.shape = .intruders
        workload.intruderShare = 0.2
        let sessions = workload.sessions(requestCount: 1000, seed: 1)
        #expect((150...250).contains(sessions.count(where: \.isIntruder)))
        #expect(sessions.allSatisfy { words($0) == ($0.isIntruder ? 2048 : 256) })
    }

    @Test func `reads ShareGPT's file: the last answer is what is wanted, the rest is the prompt`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "share.json",
            Array(
                """
                [{"id": "1", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello there you"},
                  {"from": "human", "value": "Bye"}, {"from": "gpt", "value": "Good bye"}]},
                 {"conversations": [{"from": "gpt", "value": "nobody asked"}]}]
                """.utf8))
        let sessions = try DatasetFile.sessions(file, outputTokens: nil) { $0.split(separator: " ").count }
        #expect(sessions.count == 1)
        #expect(sessions[0].turns[0].messages.map(\.role) == ["user", "assistant", "user"])
        #expect(sessions[0].turns[0].maxTokens == 2)
    }

    @Test func `reads lines of prompts and messages`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "lines.jsonl",
            Array(
                """
                {"prompt": "one", "max_tokens": 5}

                {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "two"}], "output_tokens": 6}
                """.utf8))
        let sessions = try DatasetFile.sessions(file, outputTokens: nil) { _ in 1 }
        #expect(sessions.map { $0.turns[0].maxTokens } == [5, 6])
        #expect(sessions[1].turns[0].messages.count == 2)
        #expect(try DatasetFile.sessions(file, outputTokens: 3) { _ in 1 }.map { $0.turns[0].maxTokens } == [3, 3])
    }

    @Test(arguments: ["{\"question\": \"?\"}", "", "[]", "[1]"]) func `refuses a file without prompts`(text: String)
        throws
    {
        let folder = try TemporaryFolder()
        let file = try folder.write("bad.jsonl", Array(text.utf8))
        #expect(throws: DatasetError.self) { try DatasetFile.sessions(file, outputTokens: nil) { _ in 1 } }
    }

    @Test func `replays a trace: its times, its lengths, and what was shared`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "trace.jsonl",
            Array(
                """
                {"timestamp": 3000, "input_length": 600, "output_length": 7, "hash_ids": [1, 2]}
                {"timestamp": 1000, "input_length": 700, "output_length": 9, "hash_ids": [1, 3]}
                {"timestamp": 4000, "prompt": "as it was", "output_length": 1}
                """.utf8))
        let trace = try TraceFile.read(file, speed: 2, limit: 10, wordsPerToken: 1, seed: 1)
        #expect(trace.times == [0, 1, 1.5])
        #expect(trace.sessions.map { $0.turns[0].maxTokens } == [9, 7, 1])
        #expect(trace.sessions.map(words) == [700, 600, 3])
        let prompts = trace.sessions.map { $0.turns[0].messages[0].content.split(separator: " ") }
        #expect(prompts[0].prefix(512) == prompts[1].prefix(512))
        #expect(prompts[0][512..<600] != prompts[1][512..<600])
        #expect(try TraceFile.read(file, speed: 1, limit: 1, wordsPerToken: 1, seed: 1).times == [0])
        let bad = try folder.write("bad.jsonl", Array("{\"timestamp\": 1}".utf8))
        #expect(throws: DatasetError.self) { try TraceFile.read(bad, speed: 1, limit: 1, wordsPerToken: 1, seed: 1) }
    }
}
