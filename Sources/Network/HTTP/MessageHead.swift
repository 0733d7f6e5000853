// MessageHead.swift — what a complete header means: whose request it is, and where its body ends.
// Network › HTTP.  RFC 9112, sections 3.2 and 6.3; RFC 9110, section 10.1.1.  Nothing here depends on how bytes came.

/// Request line and fields of one message, all read.
struct MessageHead {
    let version: HTTPVersion
    let target: RequestTarget
    let headers: HTTPHeaders

    func checkHost() throws(HTTPRejection) {
        let hosts = headers.values("host")
        guard hosts.count <= 1 else { throw HTTPRejection(400, "there is more than one Host field") }
        guard let host = hosts.first else {
            guard version == .http10 else { throw HTTPRejection(400, "an HTTP/1.1 request needs a Host field") }
            return
        }
        guard Self.isAuthority(ArraySlice(host.utf8)) else {
            throw HTTPRejection(400, "the Host field is not a host with an optional port")
        }
        // RFC 9112 lets the target win; a client that contradicts itself is refused, so that nobody can be misled.
        if let authority = target.authority, !authority.elementsEqual(host.utf8, by: { $0.lowered == $1.lowered }) {
            throw HTTPRejection(400, "the target and the Host field name different hosts")
        }
    }

    /// A name of letters, digits and `-._~`, or an address in brackets; then perhaps a colon and a port.
    private static func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")), end > rest.startIndex + 1,
                rest[(rest.startIndex + 1)..<end].allSatisfy({
                    $0.hexDigitValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty,
                name.allSatisfy({ $0.isLetter || $0.isDigit || "-._~".utf8.contains($0) })
            else { return false }
            rest = rest[name.endIndex...]
        }
        guard !rest.isEmpty else { return true }
        return rest.first == UInt8(ascii: ":") && rest.count <= 6 && rest.dropFirst().allSatisfy(\.isDigit)
    }

    enum BodyFraming { case none, length(Int), chunked }

    /// Where the body ends, or a refusal: RFC 9112, section 6.3, without its leniencies.
    func bodyFraming(_ limits: HTTPLimits) throws(HTTPRejection) -> BodyFraming {
        let lengths = headers.values("content-length")
        let codings = headers.values("transfer-encoding")
        guard lengths.isEmpty || codings.isEmpty else {
            throw HTTPRejection(400, "Content-Length and Transfer-Encoding exclude each other")
        }
        guard lengths.count <= 1, codings.count <= 1 else {
            throw HTTPRejection(400, "Content-Length or Transfer-Encoding is given twice")
        }
        if let coding = codings.first {
            guard version == .http11 else { throw HTTPRejection(400, "HTTP/1.0 has no Transfer-Encoding") }
            guard ArraySlice(coding.utf8).equalsIgnoringCase("chunked") else {
                throw HTTPRejection(501, "the only Transfer-Encoding understood here is: chunked")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard !length.isEmpty, length.utf8.allSatisfy(\.isDigit) else {
            throw HTTPRejection(400, "Content-Length is not a number")
        }
        // All digits: nil means that it does not fit, which is certainly too large.
        guard let count = Int(length), count <= limits.bodyBytes else { throw .bodyTooLarge(limits) }
        return count == 0 ? .none : .length(count)
    }

    func expectsContinue() throws(HTTPRejection) -> Bool {
        let expectations = headers.values("expect")
        if expectations.isEmpty || version == .http10 { return false }
        guard expectations.count == 1, ArraySlice(expectations[0].utf8).equalsIgnoringCase("100-continue") else {
            throw HTTPRejection(417, "the only expectation understood here is: 100-continue")
        }
        return true
    }
}

extension HTTPRejection {
    static func bodyTooLarge(_ limits: HTTPLimits) -> HTTPRejection {
        HTTPRejection(413, "the body is larger than \(limits.bodyBytes) bytes")
    }
}
