// TestClient.swift — a plain blocking socket, which says exactly the bytes a test wants said.

import Glibc

/// Errors end a test with a message that says what was there instead.
package struct ClientError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// One connection. Reads give up after ten seconds.
package final class TestClient {
    private var descriptor: Int32
    /// Received, not yet taken.
    private var buffer: [UInt8] = []

    package init(port: Int, receiveBufferBytes: Int? = nil, sendBufferBytes: Int? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ClientError("socket: errno \(errno)") }
        if var size = receiveBufferBytes.map(Int32.init) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        if var size = sendBufferBytes.map(Int32.init) {
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close()
            throw ClientError("connect: errno \(code)")
        }
    }

    deinit { close() }

    package func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes with a reset instead of a FIN.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    package func shutdownWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { pointer in
                Glibc.send(descriptor, pointer.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError("send: errno \(errno) after \(sent) of \(bytes.count) bytes") }
            sent += count
        }
    }

    /// Sends without waiting; returns how many bytes went, 0 when the socket is full.
    package func sendWhatFits(_ bytes: [UInt8], from start: Int) -> Int {
        let count = bytes.withUnsafeBytes { pointer in
            Glibc.send(
                descriptor, pointer.baseAddress! + start, bytes.count - start, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            )
        }
        return max(0, count)
    }

    /// Whether something (or the end) can be read now.
    package var hasInput: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }

    /// Whatever comes next; empty at the end of the stream.
    package func receive(atMost limit: Int = 64 * 1024) throws -> [UInt8] {
        if !buffer.isEmpty {
            let taken = Array(buffer.prefix(limit))
            buffer.removeFirst(taken.count)
            return taken
        }
        let limit = min(limit, 64 * 1024)
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &bytes, limit, 0)
        guard count >= 0 else { throw ClientError("recv: errno \(errno)") }
        return Array(bytes.prefix(count))
    }

    /// Everything up to the end of the stream.
    package func receiveAll() throws -> String {
        var all: [UInt8] = []
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += bytes
        }
    }

    /// Everything up to and with `mark`; what has come after it stays for the next call.
    package func receive(until mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var seen: [UInt8] = []
        while true {
            let more = try receive()
            guard !more.isEmpty else {
                throw ClientError("the stream ended after: \(String(decoding: seen, as: UTF8.self))")
            }
            let searchedFrom = max(0, seen.count - mark.count)
            seen += more
            for start in searchedFrom..<max(searchedFrom, seen.count - mark.count + 1)
            where seen[start..<start + mark.count].elementsEqual(mark) {
                buffer = Array(seen[(start + mark.count)...]) + buffer
                return String(decoding: seen[..<(start + mark.count)], as: UTF8.self)
            }
        }
    }

    package func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(atMost: count - bytes.count)
            guard !more.isEmpty else { throw ClientError("the stream ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// One response with a Content-Length (or without a body).
    package func response() throws -> Response {
        let head = try receive(until: "\r\n\r\n")
        var response = Response(head: head)
        if let length = response.header("content-length").flatMap({ Int($0) }) {
            response.body = String(decoding: try receive(exactly: length), as: UTF8.self)
        }
        return response
    }

    package struct Response {
        package let head: String
        package var body = ""

        package init(head: String) { self.head = head }

        package var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }

        package func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix(name + ":") {
                return String(line.dropFirst(name.count + 1).drop { $0 == " " })
            }
            return nil
        }
    }
}
