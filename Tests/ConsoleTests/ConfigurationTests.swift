// ConfigurationTests.swift — options from a file and from the command line together.

import Console
import TestSupport
import Testing

@Suite struct `Configuration file` {
    static let options = [
        OptionDefinition("--port", "N", "a port"), OptionDefinition("--max-num-seqs", "N", "a number"),
        OptionDefinition("--kv-cache-memory", "SIZE", "a size"), OptionDefinition("--no-request-log", nil, "a flag"),
        OptionDefinition("--config", "FILE", "this file"),
    ]

    func arguments(_ words: [String] = [], file text: String) throws -> Arguments {
        let folder = try TemporaryFolder()
        let path = try folder.write("serve.json5", Array(text.utf8))
        var arguments = try Arguments(words, options: Self.options)
        arguments.fill(from: try ConfigurationFile(path: path, options: Self.options, excluding: ["--config"]))
        return arguments
    }

    @Test func `fills what the command line leaves open`() throws {
        let text = "{ port: 9000, max_num_seqs: '4', 'kv-cache-memory': \"1GiB\", no_request_log: true }"
        let arguments = try arguments(["--port", "1"], file: text)
        #expect(try arguments.integer("--port", in: 0...65_535) == 1)
        #expect(try arguments.integer("--max-num-seqs", in: 1...10) == 4)
        #expect(try arguments.byteCount("--kv-cache-memory") == 1 << 30)
        #expect(arguments.has("--no-request-log"))
    }

    @Test func `false and null are as if they were not there`() throws {
        let arguments = try arguments(file: "{ port: null, no_request_log: false }")
        #expect(arguments["--port"] == nil && !arguments.has("--no-request-log"))
    }

    @Test(arguments: [
        ("{ port: 1,\n  nobody: 2 }", "line 2, column 3"), ("{ port: true }", "line 1, column 3"),
        ("{ no_request_log: 'yes' }", "line 1, column 3"), ("{ port: 1, port: 2 }", "line 1, column 12"),
        ("{ max_num_seqs: 1, 'max-num-seqs': 1 }", "line 1, column 20"), ("{ config: 'x' }", "line 1, column 3"),
        ("{ port: }", "line 1, column 9"), ("[]", "an array"),
    ]) func `says where it is wrong`(text: String, place: String) {
        let error = #expect(throws: UsageError.self) { try arguments(file: text) }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("serve.json5") == true)
    }

    @Test func `a value out of range is told with its place`() throws {
        let arguments = try arguments(file: "{\n  port: 70000\n}")
        let error = #expect(throws: UsageError.self) { try arguments.integer("--port", in: 0...65_535) }
        #expect(error?.description.contains("line 2, column 3: --port must be") == true)
    }

    @Test func `knows what changed`() throws {
        let old = try arguments(file: "{ port: 1, max_num_seqs: 2 }")
        let new = try arguments(file: "{ port: 1, max_num_seqs: 3, no_request_log: true }")
        #expect(new.differences(from: old) == ["--max-num-seqs", "--no-request-log"])
        #expect(old.differences(from: old).isEmpty)
    }
}
