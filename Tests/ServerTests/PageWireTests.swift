// PageWireTests.swift — the web page over real sockets: what is served, to whom, and with which headers.

import Base
import Glibc
import Network
import Server
import TestSupport
import Testing

@Suite(.onTheLoop) struct `The page on the wire` {
    private static let folder = TestFiles.root + "/Sources/Page"

    private func start(keys: [String] = []) async throws -> TestServer {
        let server = try await TestServer.start(ScriptedService()) { $0.authentication = Authentication(keys: keys) }
        let page = try StaticPage(folder: Self.folder)
        try await LoopThread.run { server.server.serve(page) }
        return server
    }

    @Test func `every file is served as it is, with its type and the policy, and needs no key`() async throws {
        let server = try await start(keys: ["secret"])
        for file in PageFile.allCases {
            let response = try await server.get(file.rawValue)
            #expect(response.status == 200)
            #expect(response.header("content-type") == file.contentType)
            #expect(Array(response.body.utf8) == (try ReadFile.bytes(Self.folder + "/" + file.name)))
            for (name, value) in StaticPage.headers { #expect(response.header(name) == value) }
        }
        let policy = try #require(try await server.get("/").header("content-security-policy"))
        for part in [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ] { #expect(policy.contains(part)) }
        #expect(!policy.contains("unsafe"))
        #expect(try await server.get("/").header("x-content-type-options") == "nosniff")
        try await server.stop()
    }

    @Test func `a copy that is still good is not sent again`() async throws {
        let server = try await start()
        let tag = try #require(try await server.get("/page/style.css").header("etag"))
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let response = try await server.get("/page/style.css", "if-none-match: \(known)\r\n")
            #expect(response.status == 304 && response.body.isEmpty)
            #expect(response.header("etag") == tag && response.header("cache-control") == "no-cache")
        }
        for other in ["\"x\"", "x", "\(tag)x", ""] {
            #expect(try await server.get("/page/style.css", "if-none-match: \(other)\r\n").status == 200)
        }
        #expect(try await server.get("/").header("etag") != tag)
        try await server.stop()
    }

    @Test func `head, and methods that are none of its own`() async throws {
        let server = try await start()
        let port = server.port
        let head = try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send("HEAD / HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n")
            return try client.receiveAll()
        }
        #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
        #expect(try await server.post("/", "{}").status == 405)
        try await server.stop()
    }

    @Test(arguments: [
        "/index.html", "/page", "/page/", "/page/nothing.js", "/page/../index.html", "/page/%2e%2e/index.html",
        "/page/style.css/", "//", "/page//style.css", "/Page/style.css", "/page/index.html",
    ])
    func `only the table's paths are served`(path: String) async throws {
        let server = try await start(keys: ["secret"])
        #expect(try await server.get(path).status == 401)
        #expect(try await server.get(path, "authorization: Bearer secret\r\n").status == 404)
        try await server.stop()
    }

    @Test func `without its files there is a plain error`() async throws {
        let server = try await TestServer.start(ScriptedService())
        let response = try await server.get("/")
        #expect(response.status == 404)
        #expect(try json(response.body)["error"]?["code"]?.string == "no_page")
        #expect(throws: FileError.self) { try StaticPage(folder: Self.folder + "/nothing") }
        #expect(throws: FileError.self) { try StaticPage.shipped(executable: "/nothing/here") }
        try await server.stop()
    }

    // MARK: - The files themselves

    @Test func `the folder and the table hold the same files`() throws {
        let names = try ReadFolder.names(Self.folder)
        #expect(names.sorted() == PageFile.allCases.map(\.name).sorted())
    }

    @Test(arguments: PageFile.allCases) func `nothing comes from elsewhere, and no text becomes markup`(
        file: PageFile
    ) throws {
        let text = String(decoding: try ReadFile.bytes(Self.folder + "/" + file.name), as: UTF8.self)
        let addresses = text.split(separator: "http").dropFirst().filter { $0.hasPrefix("://") || $0.hasPrefix("s://") }
        #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") })
        for word in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
            " style=\"", "onclick=\"", "javascript:",
        ] { #expect(!text.contains(word), "\(word)") }
        for part in text.split(separator: " from \"./").dropFirst() where file.contentType.contains("javascript") {
            let name = String(part.prefix { $0 != "\"" })
            #expect(PageFile(rawValue: "/page/" + name) != nil, "\(name) is imported and not served")
        }
    }
}
