// ParserSupport.swift — feeds the parser whole, in pieces and byte by byte.

import Network

/// Every action `input` causes when it comes in pieces of the given sizes (the last size repeats).
func actions(
    _ input: [UInt8], limits: HTTPLimits = HTTPLimits(), pieces: [Int] = [Int.max]
) -> [HTTPParser.Action] {
    var parser = HTTPParser(limits: limits)
    return actions(input, from: &parser, pieces: pieces)
}

func actions(_ input: [UInt8], from parser: inout HTTPParser, pieces: [Int] = [Int.max]) -> [HTTPParser.Action] {
    var found: [HTTPParser.Action] = []
    var start = 0
    var pieceIndex = 0
    while start < input.count {
        let size = min(pieces[min(pieceIndex, pieces.count - 1)], input.count - start)
        pieceIndex += 1
        let end = start + size
        while start < end {
            let (consumed, action) = parser.receive(input.span.extracting(start..<end))
            precondition(consumed > 0 && consumed <= end - start, "the parser must advance, within its input")
            start += consumed
            if let action { found.append(action) }
        }
    }
    return found
}

func actions(_ input: String, limits: HTTPLimits = HTTPLimits(), pieces: [Int] = [Int.max]) -> [HTTPParser.Action] {
    actions(Array(input.utf8), limits: limits, pieces: pieces)
}

extension HTTPParser.Action {
    var request: HTTPRequest? {
        if case .request(let request) = self { request } else { nil }
    }

    var status: Int? {
        if case .reject(let rejection) = self { rejection.status } else { nil }
    }
}

/// A small fixed generator, so that a failure can be had again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
