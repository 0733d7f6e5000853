// JSONParser.swift — bytes to tape, in one pass, without recursion.
// Base › JSON.  RFC 8259, strictly: hostile nesting, bad UTF-8 and lone surrogates are errors, never traps.

/// Fills the tape of one text. All indexing is bounds-checked; `open` is the only stack.
struct JSONParser {
    /// Longest number taken, in characters: RFC 8259 section 9 lets a reader set limits, and conversion stays cheap.
    static let numberLimit = 1024

    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    private var nodes: [JSONNode] = []
    /// Tape indices of the containers not yet closed, outermost first.
    private var open: [Int] = []

    /// What the grammar allows at the next byte that is not white space.
    private enum Expected {
        case value
        case valueOrEnd
        case keyOrEnd
        case commaOrEnd
    }

    init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func parse() throws(JSONError) -> [JSONNode] {
        do throws(JSONError.Problem) {
            // Offsets are 32 bits wide; half of that range leaves every sum below in range.
            guard bytes.count < 1 << 31 else { throw .tooLarge }
            // What a vocabulary needs, the densest of the large texts; memory that is not filled costs nothing.
            nodes.reserveCapacity(bytes.count / 8 + 8)
            try document()
            return nodes
        } catch {
            let place = JSONDocument.place(of: position, in: bytes)
            throw JSONError(line: place.line, column: place.column, problem: error)
        }
    }

    private mutating func document() throws(JSONError.Problem) {
        var expected = Expected.value
        repeat {
            skipWhiteSpace()
            switch expected {
            case .value: expected = try value()
            case .valueOrEnd: expected = try closes(UInt8(ascii: "]")) ? .commaOrEnd : value()
            case .keyOrEnd: expected = try closes(UInt8(ascii: "}")) ? .commaOrEnd : key()
            case .commaOrEnd: expected = try commaOrEnd()
            }
        } while !open.isEmpty
        skipWhiteSpace()
        guard position == bytes.count else { throw .trailingText }
    }

    // MARK: - Containers

    private mutating func push(_ kind: JSON.Kind) throws(JSONError.Problem) {
        guard open.count < maximumDepth else { throw .tooDeep(limit: maximumDepth) }
        open.append(nodes.count)
        append(kind, start: position, extent: 0)
        position += 1
    }

    /// Closes the innermost container if the next byte is `bracket`.
    private mutating func closes(_ bracket: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == bracket else { return false }
        position += 1
        nodes[open.removeLast()].next = UInt32(nodes.count)
        return true
    }

    private mutating func commaOrEnd() throws(JSONError.Problem) -> Expected {
        let isObject = nodes[open[open.count - 1]].kind == .object
        if closes(UInt8(ascii: isObject ? "}" : "]")) { return .commaOrEnd }
        try take(UInt8(ascii: ","), else: isObject ? "',' or '}'" : "',' or ']'")
        guard isObject else { return .value }
        skipWhiteSpace()
        return try key()
    }

    private mutating func key() throws(JSONError.Problem) -> Expected {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
        try string()
        skipWhiteSpace()
        try take(UInt8(ascii: ":"), else: "':'")
        return .value
    }

    // MARK: - Values

    private mutating func value() throws(JSONError.Problem) -> Expected {
        guard position < bytes.count else { throw unexpected("a value") }
        if let container = open.last { nodes[container].extent += 1 }
        switch bytes[position] {
        case UInt8(ascii: "{"):
            try push(.object)
            return .keyOrEnd
        case UInt8(ascii: "["):
            try push(.array)
            return .valueOrEnd
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true", .bool)
        case UInt8(ascii: "f"): try literal("false", .bool)
        case UInt8(ascii: "n"): try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw unexpected("a value")
        }
        return .commaOrEnd
    }

    private mutating func literal(_ word: StaticString, _ kind: JSON.Kind) throws(JSONError.Problem) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            try take(word.utf8Start[offset], else: "'\(word)'")
        }
        append(kind, start: start, extent: position)
    }

    private mutating func string() throws(JSONError.Problem) {
        let start = position
        let bytes = bytes
        let span = bytes.span
        var index = start + 1
        var hasEscapes = false
        // On an error, report the place inside the string rather than its start.
        defer { position = index }
        while true {
            guard index < span.count else { throw .unexpectedEnd(expected: "the string's closing quote") }
            let byte = span[index]
            if byte >= 0x80 {
                let step = UTF8Scan.step(span, at: index)
                guard step.isWellFormed else { throw .invalidUTF8 }
                index += step.length
            } else if byte == UInt8(ascii: "\"") {
                break
            } else if byte == UInt8(ascii: "\\") {
                index = try JSONEscapes.check(span, at: index)
                hasEscapes = true
            } else if byte < 0x20 {
                throw .controlCharacter(byte)
            } else {
                index += 1
            }
        }
        append(.string, start: start, extent: index, hasEscapes: hasEscapes)
        index += 1
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number() throws(JSONError.Problem) {
        let start = position
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try digits()
        }
        guard position - start <= Self.numberLimit else { throw .numberTooLong(limit: Self.numberLimit) }
        // Only `01` and its like get here: everything else ends at a byte that no number may contain.
        if position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            throw .invalidNumber
        }
        append(.number, start: start, extent: position)
    }

    private mutating func digits() throws(JSONError.Problem) {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else { throw .invalidNumber }
    }

    // MARK: - Bytes

    private mutating func append(_ kind: JSON.Kind, start: Int, extent: Int, hasEscapes: Bool = false) {
        nodes.append(
            JSONNode(
                start: UInt32(start), extent: UInt32(extent), next: UInt32(nodes.count + 1), kind: kind,
                hasEscapes: hasEscapes))
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ byte: UInt8, else expected: @autoclosure () -> String) throws(JSONError.Problem) {
        guard skip(byte) else { throw unexpected(expected()) }
    }

    private func unexpected(_ expected: String) -> JSONError.Problem {
        position < bytes.count
            ? .unexpected(bytes[position], expected: expected) : .unexpectedEnd(expected: expected)
    }
}
