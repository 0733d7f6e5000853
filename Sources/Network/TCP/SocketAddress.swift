// SocketAddress.swift — hosts and ports to and from the kernel's structures.
// Network › TCP.

import CLibUV
import Glibc

/// An IPv4 or IPv6 address with a port.
struct SocketAddress {
    var storage = sockaddr_storage()

    /// Resolves a literal address (`127.0.0.1`, `::1`, `[::1]`) or a name; of a name's addresses the first is taken.
    ///
    /// Blocks while a name is resolved: for start-up only.
    init(host: String, port: Int) throws(NetworkError) {
        guard (0...65535).contains(port) else { throw .invalidPort(port) }
        guard !host.isEmpty, !host.utf8.contains(0) else { throw .unknownHost(host, reason: "it is empty") }
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var results: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, String(port), &hints, &results)
        defer { if let results { freeaddrinfo(results) } }
        guard status == 0, let first = results?.pointee, let address = first.ai_addr,
            Int(first.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else { throw .unknownHost(host, reason: String(cString: gai_strerror(status))) }
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        }
    }

    /// Filled by `uv_tcp_getpeername` or `uv_tcp_getsockname`; nil when the socket is no longer connected.
    init?(of handle: UnsafePointer<uv_tcp_t>, _ lookUp: Lookup) {
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                switch lookUp {
                case .peer: uv_tcp_getpeername(handle, address, &length)
                case .local: uv_tcp_getsockname(handle, address, &length)
                }
            }
        }
        guard status == 0 else { return nil }
    }

    enum Lookup { case peer, local }

    /// Hands the address to a C function.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    /// The address alone. An IPv4 client of an IPv6 socket (`::ffff:1.2.3.4`) shows as IPv4.
    var ip: String {
        var buffer = [CChar](repeating: 0, count: 64)
        let status = withPointer { uv_ip_name($0, &buffer, buffer.count) }
        guard status == 0 else { return "" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }

    var port: Int {
        withUnsafeBytes(of: storage) { bytes in
            // Both families keep the port, in network order, right after the family.
            let offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_port)!
            return Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        }
    }
}
