// HTTPParserFuzzTests.swift — random and broken input: no trap, and the same reading however it is split.

import Network
import Testing

@Suite struct `HTTP parser, fuzzed` {
    private static let seeds: [[UInt8]] = [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /v1/search?q=a+b%20c&top=3 HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        "POST /v1/c HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
            + "5;a=b\r\nhello\r\n1\r\n \r\n0\r\nT: u\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET http://x/a%2Fb HTTP/1.1\r\nHost: x\r\nA: \t b \t\r\nContent-Length: 0\r\n\r\n",
    ].map { Array($0.utf8) }

    /// Bytes on which the grammar turns.
    private static let telling = Array("\r\n :;,%+-0159aAfFxX/?#*.[]\t".utf8) + [0, 0x7F, 0x80, 0xFF]

    private static let pieces: [[UInt8]] = [
        "\r\n", "\r\n\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Host: y\r\n", " HTTP/1.1",
        "0\r\n\r\n",
        "ffffffffffffffff", "18446744073709551616", "Expect: 100-continue\r\n", "\n", "\r",
    ].map { Array($0.utf8) }

    private static func input(_ random: inout SplitMix64) -> [UInt8] {
        if Int.random(in: 0..<10, using: &random) == 0 {
            return (0..<Int.random(in: 0...60, using: &random)).map { _ in telling.randomElement(using: &random)! }
        }
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) { bytes += seeds.randomElement(using: &random)! }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let position = Int.random(in: 0..<max(1, bytes.count), using: &random)
            guard position < bytes.count else { break }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[position] = telling.randomElement(using: &random)!
            case 1: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(telling.randomElement(using: &random)!, at: position)
            case 4: bytes.insert(contentsOf: pieces.randomElement(using: &random)!, at: position)
            default: bytes.removeLast(bytes.count - position)
            }
        }
        return bytes
    }

    @Test func `reads any bytes the same way however they come`() {
        var random = SplitMix64(state: 20_240_607)
        var limits = HTTPLimits()
        limits.requestLineBytes = 64
        limits.headerBytes = 100
        limits.headerCount = 4
        limits.bodyBytes = 32
        limits.chunkLineBytes = 24
        limits.chunkExtensionBytes = 16
        var requests = 0
        var rejections: [Int: Int] = [:]
        for round in 0..<200_000 {
            let bytes = Self.input(&random)
            let whole = actions(bytes, limits: limits)
            let sizes =
                round % 2 == 0 ? [1] : (0..<8).map { _ in Int.random(in: 1...12, using: &random) }
            let split = actions(bytes, limits: limits, pieces: sizes)
            if split != whole {
                Issue.record("round \(round): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
            for action in whole {
                if let status = action.status { rejections[status, default: 0] += 1 }
                if action.request != nil { requests += 1 }
            }
        }
        // The inputs must reach every part of the machine, or this test says nothing.
        #expect(requests > 50_000)
        for status in [400, 413, 414, 417, 431, 501, 505] {
            #expect(rejections[status, default: 0] > 10, "too few inputs ended with \(status): \(rejections)")
        }
    }
}
