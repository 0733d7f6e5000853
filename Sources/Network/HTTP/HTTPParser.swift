// HTTPParser.swift — bytes in, requests out: a strict HTTP/1.1 state machine without I/O.
// Network › HTTP.  RFC 9112 (messages), RFC 9110 (fields).  Longer than most files because it is one machine: what a
// byte means depends on every state before it. What a whole header means is decided in MessageHead.

/// Reads a connection's bytes, in whatever pieces they come, and says what to do.
///
/// Strict where peers of one connection could disagree about where a message ends (request smuggling): one
/// Content-Length or one `Transfer-Encoding: chunked`, never both; lines end in CRLF; no folded fields; nothing unusual
/// in a chunk size. The result depends on the bytes only, never on how they were split. After a rejection the machine
/// takes nothing more.
///
///     ┌──────────────┐   ┌────────┐ no body                                        ┌─► request
///     │ request line ├──►│ fields ├────────────────────────────────────────────────┤
///     └──────────────┘   └───┬────┘ Content-Length   ┌────────────┐                │
///            ▲               ├──────────────────────►│ fixed body ├────────────────┤
///            │               │ chunked  ┌──────────┐ └────────────┘ 0  ┌──────────┐│
///     next request           └─────────►│ size line├───────────────────►│ trailers ├┘
///                                       └─┬──────▲─┘                   └──────────┘
///                                    data ▼      │ CRLF
///                                       chunk data
///
/// - Complexity: O(1) amortised per byte, whatever the pieces; memory within `HTTPLimits`.
package struct HTTPParser: Sendable {
    package enum Action: Equatable, Sendable {
        /// The client waits for `100 Continue` before it sends the body.
        case sendContinue
        case request(HTTPRequest)
        /// Answer, then close. Nothing follows.
        case reject(HTTPRejection)
    }

    /// Which patience applies: see the times in `HTTPLimits`.
    package enum Phase: Equatable, Sendable { case idle, head, body, failed }

    private enum State {
        case requestLine
        case fields
        case fixedBody(remaining: Int)
        case chunkSize
        case chunkData(remaining: Int)
        case chunkEnd
        case trailers
        case failed
    }

    private let limits: HTTPLimits
    private var state = State.requestLine
    /// The line being read, without its end.
    private var line: [UInt8] = []
    private var hasCarriageReturn = false
    private var skippedEmptyLine = false

    private var method = ""
    private var targetBytes: ArraySlice<UInt8> = []
    private var target = RequestTarget.none
    private var version = HTTPVersion.http11
    private var headers = HTTPHeaders()
    private var fieldBytes = 0
    private var fieldCount = 0
    private var chunkExtensionBytes = 0
    private var body: [UInt8] = []

    package init(limits: HTTPLimits) { self.limits = limits }

    package var phase: Phase {
        switch state {
        case .requestLine: line.isEmpty && !hasCarriageReturn && !skippedEmptyLine ? .idle : .head
        case .fields: .head
        case .fixedBody, .chunkSize, .chunkData, .chunkEnd, .trailers: .body
        case .failed: .failed
        }
    }

    /// Bytes of the unfinished body.
    package var bufferedBodyBytes: Int { body.count }

    /// Takes bytes until something is to be done or all are taken.
    /// - Returns: how many bytes were taken, and what to do. `nil` means all were taken and nothing is to be done; after
    ///   an action, call again with the rest once the action is done.
    package mutating func receive(_ bytes: Span<UInt8>) -> (consumed: Int, action: Action?) {
        var index = 0
        do throws(HTTPRejection) {
            while index < bytes.count {
                if let action = try step(bytes, &index) { return (index, action) }
            }
            return (index, nil)
        } catch {
            state = .failed
            dropMessage()
            return (bytes.count, .reject(error))
        }
    }

    /// Advances by at least one byte.
    private mutating func step(_ bytes: Span<UInt8>, _ index: inout Int) throws(HTTPRejection) -> Action? {
        switch state {
        case .requestLine:
            if try takeLine(.request, bytes, &index) { try finishRequestLine() }

        case .fields, .trailers:
            guard try takeLine(.field, bytes, &index) else { return nil }
            if line.isEmpty { return try finishFields() }
            try finishField()

        case .fixedBody(let remaining):
            let taken = takeBody(bytes, &index, limit: remaining)
            if taken == remaining { return finishRequest() }
            state = .fixedBody(remaining: remaining - taken)

        case .chunkSize:
            if try takeLine(.chunkSize, bytes, &index) { try finishChunkSize() }

        case .chunkData(let remaining):
            let taken = takeBody(bytes, &index, limit: remaining)
            state = taken == remaining ? .chunkEnd : .chunkData(remaining: remaining - taken)

        case .chunkEnd:
            if try takeLine(.chunkEnd, bytes, &index) { state = .chunkSize }

        case .failed:
            index = bytes.count
        }
        return nil
    }

    // MARK: - Bytes to lines

    private enum LineKind { case request, field, chunkSize, chunkEnd }

    /// Appends to `line` up to its CRLF; true once that is there.
    private mutating func takeLine(
        _ kind: LineKind, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(HTTPRejection) -> Bool {
        let limit = limit(of: kind)
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if hasCarriageReturn {
                guard byte == .lineFeed else { throw HTTPRejection(400, "a carriage return without its line feed") }
                hasCarriageReturn = false
                return true
            }
            switch byte {
            case .carriageReturn: hasCarriageReturn = true
            case .lineFeed: throw HTTPRejection(400, "a line feed without its carriage return")
            default:
                // Refused here, at once: a TLS hello on a plain port gets its answer without waiting for a line's end.
                guard byte.isFieldValueCharacter else { throw HTTPRejection(400, "a line holds a control character") }
                guard line.count < limit else { throw tooLong(kind) }
                line.append(byte)
            }
        }
        return false
    }

    private func limit(of kind: LineKind) -> Int {
        switch kind {
        case .request: limits.requestLineBytes
        case .field: max(0, limits.headerBytes - fieldBytes)
        case .chunkSize: limits.chunkLineBytes
        case .chunkEnd: 0
        }
    }

    private func tooLong(_ kind: LineKind) -> HTTPRejection {
        switch kind {
        case .request: HTTPRejection(414, "the request line is longer than \(limits.requestLineBytes) bytes")
        case .field: HTTPRejection(431, "the header is larger than \(limits.headerBytes) bytes")
        case .chunkSize: HTTPRejection(400, "a chunk's size line is longer than \(limits.chunkLineBytes) bytes")
        case .chunkEnd: HTTPRejection(400, "a chunk is longer than its size line says")
        }
    }

    private mutating func takeBody(_ bytes: Span<UInt8>, _ index: inout Int, limit: Int) -> Int {
        let count = min(limit, bytes.count - index)
        bytes.withUnsafeBufferPointer { body.append(contentsOf: $0[index..<index + count]) }
        index += count
        return count
    }

    // MARK: - Lines to meaning

    private mutating func finishRequestLine() throws(HTTPRejection) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            // Some old clients send one empty line after a body (RFC 9112, 2.2). More would be a way to keep us busy.
            guard !skippedEmptyLine else { throw HTTPRejection(400, "the request line is empty") }
            skippedEmptyLine = true
            return
        }
        let parts = line.split(separator: .space, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
            throw HTTPRejection(400, "the request line must be: method, target and version, one blank between")
        }
        guard parts[0].allSatisfy(\.isTokenCharacter) else {
            throw HTTPRejection(400, "the method is not a token")
        }
        guard parts[1].allSatisfy({ $0.isVisible && $0 != UInt8(ascii: "#") }) else {
            throw HTTPRejection(400, "the target may hold visible ASCII only, and no fragment")
        }
        version = try Self.parseVersion(parts[2])
        method = String(decoding: parts[0], as: UTF8.self)
        targetBytes = parts[1]
        target = try RequestTarget(parts[1], method: method)
        state = .fields
    }

    private static func parseVersion(_ bytes: ArraySlice<UInt8>) throws(HTTPRejection) -> HTTPVersion {
        if bytes.elementsEqual("HTTP/1.1".utf8) { return .http11 }
        if bytes.elementsEqual("HTTP/1.0".utf8) { return .http10 }
        let digits = bytes.dropFirst(5)
        guard bytes.starts(with: "HTTP/".utf8), digits.count == 3, digits.first!.isDigit, digits.last!.isDigit,
            digits[digits.startIndex + 1] == UInt8(ascii: ".")
        else { throw HTTPRejection(400, "the version must be HTTP/1.1 or HTTP/1.0") }
        throw HTTPRejection(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }

    private mutating func finishField() throws(HTTPRejection) {
        defer { line.removeAll(keepingCapacity: true) }
        fieldBytes += line.count + 2
        guard fieldCount < limits.headerCount else {
            throw HTTPRejection(431, "the header has more than \(limits.headerCount) fields")
        }
        fieldCount += 1
        guard !line[0].isBlank else { throw HTTPRejection(400, "a header line begins with a blank (folded field)") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw HTTPRejection(400, "a header line has no field name before a colon")
        }
        guard line[..<colon].allSatisfy(\.isTokenCharacter) else {
            throw HTTPRejection(400, "a field name holds a blank or another character that names may not hold")
        }
        let value = line[(colon + 1)...].trimmed
        // Trailers are checked like fields and then forgotten: nothing after the body may change how we took it.
        if case .trailers = state { return }
        headers.append(name: String(decoding: line[..<colon], as: UTF8.self), value: Self.text(value))
    }

    /// UTF-8 where it is, Latin-1 where it is not: no byte is lost or merged with another.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private mutating func finishChunkSize() throws(HTTPRejection) {
        defer { line.removeAll(keepingCapacity: true) }
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard !digits.isEmpty, digits.count <= 16 else { throw HTTPRejection(400, "a chunk size has 1 to 16 digits") }
        var size: UInt64 = 0
        for digit in digits {
            guard let value = digit.hexDigitValue else {
                throw HTTPRejection(400, "a chunk size holds something other than hexadecimal digits")
            }
            size = size << 4 | UInt64(value)  // at most 16 digits: fits
        }
        let extensions = line[digits.endIndex...]
        guard ChunkExtensions.areWellFormed(extensions) else {
            throw HTTPRejection(400, "a chunk's extensions must be ;name or ;name=value")
        }
        chunkExtensionBytes += extensions.count
        guard chunkExtensionBytes <= limits.chunkExtensionBytes else {
            throw HTTPRejection(400, "the chunk extensions are larger than \(limits.chunkExtensionBytes) bytes")
        }
        guard size <= UInt64(max(0, limits.bodyBytes - body.count)) else { throw .bodyTooLarge(limits) }
        state = size == 0 ? .trailers : .chunkData(remaining: Int(size))
    }

    // MARK: - The end of the header, and of the message

    private mutating func finishFields() throws(HTTPRejection) -> Action? {
        if case .trailers = state { return finishRequest() }
        let head = MessageHead(version: version, target: target, headers: headers)
        try head.checkHost()
        let clientWaits = try head.expectsContinue()
        switch try head.bodyFraming(limits) {
        case .none: return finishRequest()
        case .length(let count):
            body.reserveCapacity(min(count, 256 * 1024))  // what is announced is not yet sent: grow with what comes
            state = .fixedBody(remaining: count)
        case .chunked: state = .chunkSize
        }
        return clientWaits ? .sendContinue : nil
    }

    private mutating func finishRequest() -> Action {
        let request = HTTPRequest(
            method: method, target: String(decoding: targetBytes, as: UTF8.self), path: target.path,
            query: target.query, version: version, headers: headers, body: body)
        dropMessage()
        state = .requestLine
        return .request(request)
    }

    /// Forgets everything about the current message, its memory included.
    private mutating func dropMessage() {
        line = []
        hasCarriageReturn = false
        skippedEmptyLine = false
        targetBytes = []
        target = .none
        headers = HTTPHeaders()
        fieldBytes = 0
        fieldCount = 0
        chunkExtensionBytes = 0
        body = []
    }
}
