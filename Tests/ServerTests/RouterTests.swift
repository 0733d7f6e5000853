// RouterTests.swift — methods, paths, request ids.

import Server
import Testing

@Suite struct `Router` {
    func route(_ method: String, _ path: String) -> Result<Route, APIError> {
        Result { () throws(APIError) in try Route(method: method, path: path) }
    }

    @Test func `known routes`() {
        #expect(route("POST", "/v1/chat/completions") == .success(.completion(.chat)))
        #expect(route("POST", "/v1/completions") == .success(.completion(.text)))
        for method in ["GET", "HEAD"] {
            #expect(route(method, "/v1/models") == .success(.models))
            #expect(route(method, "/v1/models/owner/name") == .success(.model("owner/name")))
            #expect(route(method, "/health") == .success(.health))
            #expect(route(method, "/ready") == .success(.ready))
            #expect(route(method, "/metrics") == .success(.metrics))
            #expect(route(method, "/v1/engine") == .success(.engine))
            #expect(route(method, "/") == .success(.page(.document)))
            #expect(route(method, "/page/main.js") == .success(.page(.main)))
        }
    }

    @Test(arguments: [
        "", "*", "/v1", "/v1/", "/v1/models/", "/v1/completions/", "/V1/models", "/health/", "//health",
    ])
    func `unknown paths are 404`(path: String) {
        guard case .failure(let error) = route("GET", path) else {
            Issue.record("\(path) is served")
            return
        }
        #expect(error.status == 404)
        #expect(error.code == "unknown_url")
    }

    @Test(arguments: [
        ("GET", "/v1/completions", "POST"), ("HEAD", "/v1/chat/completions", "POST"),
        ("OPTIONS", "/v1/completions", "POST"), ("POST", "/v1/models", "GET, HEAD"),
        ("DELETE", "/v1/models/x", "GET, HEAD"), ("get", "/health", "GET, HEAD"),
    ])
    func `wrong methods are 405 and say what is allowed`(method: String, path: String, allowed: String) {
        guard case .failure(let error) = route(method, path) else {
            Issue.record("\(path) is served")
            return
        }
        #expect(error.status == 405)
        #expect(error.headers == [.init(name: "allow", value: allowed)])
    }

    @Test func `a path that nobody knows is cut in the message`() {
        guard case .failure(let error) = route("GET", "/" + String(repeating: "x", count: 5000)) else { return }
        #expect(error.message.utf8.count < 200)
    }

    @Test func `clients' request ids are accepted when they are safe`() {
        #expect(Identifier.accepted("abc-1.2_X:~") == "abc-1.2_X:~")
        #expect(Identifier.accepted(String(repeating: "x", count: 128)) != nil)
        for bad in [nil, "", "two words", "tab\t", "é", String(repeating: "x", count: 129), "line\r\nbreak"] {
            #expect(Identifier.accepted(bad) == nil)
        }
    }

    @Test func `random ids differ and have a fixed length`() {
        let ids = (0..<1000).map { _ in Identifier.random(prefix: "req_") }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.utf8.count == 36 })
    }
}
