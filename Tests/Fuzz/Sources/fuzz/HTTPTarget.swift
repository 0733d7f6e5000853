// HTTPTarget.swift — a connection's bytes, whole and in pieces: the same requests and refusals either way.
// Tests › Fuzz.

import Network

enum HTTPTarget {
    /// The first byte chooses limits and pieces, the rest is what the client sends.
    static func run(_ bytes: [UInt8]) throws {
        guard let choice = bytes.first else { return }
        var limits = HTTPLimits()
        if choice & 1 == 1 {
            (limits.requestLineBytes, limits.headerBytes, limits.headerCount) = (64, 120, 5)
            (limits.bodyBytes, limits.chunkLineBytes, limits.chunkExtensionBytes) = (48, 24, 16)
        }
        let sent = Array(bytes.dropFirst())
        let whole = actions(sent, limits, piece: sent.count)
        let split = actions(sent, limits, piece: 1 + Int(choice >> 1) % 16)
        precondition(whole == split, "the reading depends on how the bytes came")
        for action in whole.dropLast() {
            if case .reject = action { preconditionFailure("something follows a refusal") }
        }
        for case .request(let request) in whole {
            precondition(request.body.count <= limits.bodyBytes && request.path.hasPrefix("/") || request.path == "*")
        }
    }

    private static func actions(_ bytes: [UInt8], _ limits: HTTPLimits, piece: Int) -> [HTTPParser.Action] {
        var parser = HTTPParser(limits: limits)
        var found: [HTTPParser.Action] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            while start < end {
                let (consumed, action) = parser.receive(bytes.span.extracting(start..<end))
                precondition(consumed > 0 && consumed <= end - start, "the parser must advance, within its input")
                precondition(parser.bufferedBodyBytes <= limits.bodyBytes)
                start += consumed
                if let action { found.append(action) }
            }
        }
        return found
    }
}
