// ToolRoutesTests.swift — /tokenize, /detokenize, /apply-template, /openapi.json, and keys.

import Base
import Engine
import Network
import Sampling
import Server
import TestSupport
import Testing

@Suite struct `Text tools` {
    static let model = TestServer.model(ScriptedService())

    func answer(_ tool: TextTool, _ body: String) throws -> JSON {
        try JSON.parse(try Self.model.answer(tool, body: Array(body.utf8)))
    }

    func failure(_ tool: TextTool, _ body: String) -> APIError? {
        do {
            _ = try answer(tool, body)
            return nil
        } catch {
            return error as? APIError
        }
    }

    @Test(arguments: [
        (#"{"prompt":"ab"}"#, [256, 97, 98]), (#"{"prompt":"ab","add_special_tokens":false}"#, [97, 98]),
        (#"{"content":"ab"}"#, [97, 98]), (#"{"content":"ab","add_special":true}"#, [256, 97, 98]),
        (#"{"content":""}"#, []),
        (#"{"messages":[{"role":"user","content":"x"}]}"#, [117, 115, 101, 114, 58, 120, 10]),
    ]) func `tokenize in both dialects`(body: String, tokens: [Int]) throws {
        let json = try answer(.tokenize, body)
        #expect(json["tokens"]?.elements.compactMap(\.integer) == tokens)
        #expect(json["count"]?.integer == tokens.count && json["max_model_len"]?.integer == 4096)
        #expect(json["token_strs"]?.isNull == true)
    }

    @Test func `pieces and strings`() throws {
        let json = try answer(.tokenize, #"{"content":"aé","with_pieces":true,"return_token_strs":true}"#)
        let pieces = try #require(json["tokens"])
        #expect(pieces[0]?["id"]?.integer == 97 && pieces[0]?["piece"]?.string == "a")
        #expect(pieces[1]?["piece"]?[0]?.integer == 0xC3, "half a character comes as its bytes")
        #expect(json["token_strs"]?.elements.compactMap(\.string) == ["a", "\u{FFFD}", "\u{FFFD}"])
    }

    @Test func `detokenize takes back what tokenize gave`() throws {
        for text in ["", "Hello", "Émile, 质量\\n"] {
            let tokens = try answer(.tokenize, #"{"content":"\#(text)"}"#)["tokens"]!.elements.compactMap(\.integer)
            let json = try answer(.detokenize, "{\"tokens\":\(tokens)}")
            #expect(json["prompt"]?.string == text.replacing("\\n", with: "\n"))
            #expect(json["content"]?.utf8 == json["prompt"]?.utf8)
        }
    }

    @Test func `a template is applied without a run`() throws {
        let json = try answer(.applyTemplate, #"{"messages":[{"role":"user","content":"Hi"}]}"#)
        #expect(json["prompt"]?.string == "user:Hi\n")
    }

    static let bad: [(tool: TextTool, body: String, parameter: String?, status: Int)] = [
        (.tokenize, "{}", "prompt", 400), (.tokenize, "[]", nil, 400), (.tokenize, "{", nil, 400),
        (.tokenize, #"{"prompt":"a","content":"b"}"#, "content", 400), (.tokenize, #"{"prompt":5}"#, "prompt", 400),
        (.tokenize, #"{"prompt":"a","x":1}"#, "x", 400), (.tokenize, #"{"prompt":"a","model":"other"}"#, "model", 404),
        (.tokenize, #"{"prompt":"a","with_pieces":1}"#, "with_pieces", 400),
        (.tokenize, #"{"messages":[{"role":"tool","content":"x"}]}"#, "messages", 400),
        (.detokenize, "{}", "tokens", 400), (.detokenize, #"{"tokens":5}"#, "tokens", 400),
        (.detokenize, #"{"tokens":[258]}"#, "tokens[0]", 400), (.detokenize, #"{"tokens":[1,"a"]}"#, "tokens[1]", 400),
        (.applyTemplate, "{}", "messages", 400), (.applyTemplate, #"{"messages":[]}"#, "messages", 400),
        (.applyTemplate, #"{"messages":[{"role":"user","content":"x"}],"chat_template":"y"}"#, "chat_template", 400),
    ]

    @Test(arguments: bad) func `mistakes name their place`(
        example: (tool: TextTool, body: String, parameter: String?, status: Int)
    ) {
        let error = failure(example.tool, example.body)
        #expect(error?.status == example.status && error?.parameter == example.parameter)
    }
}

@Suite struct `OpenAPI` {
    static func document() throws -> JSON { try JSON.parse(OpenAPIDocument.body) }

    @Test func `is JSON and names every route`() throws {
        let paths = try #require(try Self.document()["paths"])
        for (path, operations) in paths.members {
            let path = String(decoding: path, as: UTF8.self).replacing("{id}", with: "x")
            for (method, _) in operations.members {
                #expect(throws: Never.self) {
                    try Route(method: String(decoding: method, as: UTF8.self).uppercased(), path: path)
                }
            }
        }
        #expect(paths.count == 18)
    }

    @Test func `every reference leads somewhere`() throws {
        let document = try Self.document()
        let schemas = try #require(document["components"]?["schemas"])
        var count = 0
        func visit(_ value: JSON) {
            if let reference = value["$ref"]?.string {
                count += 1
                #expect(schemas[String(reference.dropFirst("#/components/schemas/".count))] != nil, "\(reference)")
            }
            for (_, member) in value.members { visit(member) }
            for element in value.elements { visit(element) }
        }
        visit(document)
        #expect(count > 20)
    }

    @Test func `tells every cap`() throws {
        let rows = Array(try #require(try Self.document()["x-limits"]).elements)
        #expect(rows.compactMap { $0["name"]?.string } == Limits.all.map(\.name))
        #expect(rows.compactMap { $0["value"]?.integer } == Limits.all.map(\.value))
    }

    /// Takes each range at its word: the ends are accepted, what lies beyond is refused.
    @Test(arguments: ["CompletionRequest", "ChatCompletionRequest"]) func `ranges are those of the code`(
        schema: String
    ) throws {
        let properties = try #require(try Self.document()["components"]?["schemas"]?[schema]?["properties"])
        let context = RequestContext(defaults: SamplingParameters(), vocabularySize: 100)
        func accepts(_ member: String) -> Bool {
            // What makes the parameter itself sensible.
            var company = ""
            if member.contains("top_logprobs") { company = #","logprobs":true"# }
            if member.contains("max_tokens\":0") { company = #","echo":true"# }
            if schema == "CompletionRequest" {
                return (try? CompletionRequest(json("{\"prompt\":\"a\",\(member)\(company)}"), context)) != nil
            }
            let messages = #""messages":[{"role":"user","content":"a"}]"#
            return (try? ChatCompletionRequest(json("{\(messages),\(member)\(company)}"), context)) != nil
        }
        var checked = 0
        for (key, property) in properties.members {
            let name = String(decoding: key, as: UTF8.self)
            guard let least = property["minimum"]?.integer ?? property["exclusiveMinimum"]?.integer,
                let most = property["maximum"]?.integer, name != "seed"
            else { continue }
            checked += 1
            #expect(accepts("\"\(name)\":\(least)") == (property["minimum"] != nil), "\(name) \(least)")
            #expect(accepts("\"\(name)\":\(most)"), "\(name) \(most)")
            #expect(!accepts("\"\(name)\":\(least - 1)"), "\(name) \(least - 1)")
            #expect(!accepts("\"\(name)\":\(most + 1)"), "\(name) \(most + 1)")
            #expect(accepts("\"\(name)\":null"), "\(name) null")
        }
        #expect(checked >= 12)
    }

    @Test func `the page about the API shows the same caps`() throws {
        let page = String(decoding: try TestFiles.bytes(TestFiles.root + "/Sources/Server/README.md"), as: UTF8.self)
        for limit in Limits.all {
            #expect(page.contains("| `\(limit.name)` | \(limit.value) | \(limit.meaning) |"), "\(limit.name)")
        }
    }
}

@Suite(.onTheLoop) struct `Keys` {
    static func start() async throws -> TestServer {
        try await TestServer.start(ScriptedService { _ in .say("x") }) {
            $0.authentication = Authentication(keys: ["sk-right", "other"])
        }
    }

    @Test func `come before everything but the probes`() async throws {
        let server = try await Self.start()
        for path in ["/health", "/ready"] { #expect(try await server.get(path).status == 200) }
        for path in [
            "/v1/models", "/v1/engine", "/metrics", "/openapi.json", "/nowhere", "/v1/completions", "/health/",
        ] {
            let response = try await server.get(path)
            #expect(response.status == 401 && response.header("www-authenticate") == "Bearer")
            #expect(try json(response.body)["error"]?["code"]?.string == "invalid_api_key")
        }
        #expect(try await server.post("/v1/completions", "{not json").status == 401)
        #expect(try await server.post("/tokenize", "{}").status == 401)
        try await server.stop()
    }

    @Test(arguments: [
        ("Bearer sk-right", true), ("bearer sk-right", true), ("BEARER   other", true), ("Bearer sk-righ", false),
        ("Bearer sk-rightt", false), ("Bearer sk-right ", true), ("Bearer", false), ("Bearer ", false),
        ("sk-right", false), ("Basic sk-right", false), ("Bearer sk-right, Bearer other", false), ("", false),
    ]) func `are compared exactly`(header: String, isAccepted: Bool) async throws {
        let server = try await Self.start()
        let response = try await server.get("/v1/models", "authorization: \(header)\r\n")
        #expect(response.status == (isAccepted ? 200 : 401))
        try await server.stop()
    }

    @Test func `a key of repeated parts is not its part`() {
        let authentication = Authentication(keys: ["ab"])
        for guess in ["ab", "abab", "a", "abb", ""] {
            #expect(authentication.accepts("Bearer \(guess)") == (guess == "ab"))
        }
        #expect(!Authentication(keys: ["abab"]).accepts("Bearer ab"))
        #expect(Authentication().accepts(nil) && !authentication.accepts(nil))
    }
}
