// UTF8Assembler.swift — holds back the bytes of a character until it is whole.
// Tokenization.  Ill-formed input becomes U+FFFD by the Unicode standard's maximal-subpart practice (section 3.9).

/// A filter from bytes in any portions to whole, valid characters.
struct UTF8Assembler: Sendable {
    /// The beginning of a character, at most three bytes.
    private var pending: [UInt8] = []

    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]

    /// - Returns: the characters that `bytes` completes, together with what was held back.
    mutating func append(_ bytes: [UInt8]) -> [UInt8] {
        if pending.isEmpty && bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        let input = pending + bytes
        pending.removeAll(keepingCapacity: true)
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        let span = input.span
        var position = 0
        while position < input.count {
            let decoded = UTF8Decoding.scalar(in: span, at: position, end: input.count)
            let end = position + decoded.length
            if decoded.isValid {
                output += input[position..<end]
            } else if decoded.isTruncated {
                pending += input[position..<end]
            } else {
                output += UTF8Assembler.replacement
            }
            position = end
        }
        return output
    }

    /// A character is under way that `bytes` do not go on with: `append` puts a replacement for it in front of them.
    func isBroken(by bytes: [UInt8]) -> Bool {
        guard !pending.isEmpty, let next = bytes.first else { return false }
        let input = pending + [next]
        let decoded = UTF8Decoding.scalar(in: input.span, at: 0, end: input.count)
        return !decoded.isValid && !decoded.isTruncated
    }

    /// - Returns: one replacement for a character that was under way, else nothing.
    mutating func finish() -> [UInt8] {
        defer { pending.removeAll() }
        return pending.isEmpty ? [] : UTF8Assembler.replacement
    }
}
