// NetworkError.swift — why a server could not be set up, each in one line.
// Network.

import CLibUV

package enum NetworkError: Error, Equatable, CustomStringConvertible {
    case invalidPort(Int)
    case unknownHost(String, reason: String)
    case portInUse(host: String, port: Int)
    case permissionDenied(host: String, port: Int)
    case addressNotAvailable(host: String)
    /// Anything else libuv reports; `code` is its negative error number.
    case system(doing: String, code: Int32)

    package var description: String {
        switch self {
        case .invalidPort(let port):
            "port \(port) does not exist: choose 1 to 65535, or 0 for any free one"
        case .unknownHost(let host, let reason):
            "host '\(host)' cannot be resolved (\(reason)): use an address of this machine, such as 127.0.0.1 or ::"
        case .portInUse(let host, let port):
            "port \(port) on \(host) is in use by another program: stop that one or choose another port"
        case .permissionDenied(let host, let port):
            "port \(port) on \(host) may not be opened by this user: choose a port from 1024 up"
        case .addressNotAvailable(let host):
            "address \(host) does not belong to this machine: use 127.0.0.1, 0.0.0.0, ::1 or ::"
        case .system(let doing, let code):
            "\(doing) failed: \(Self.text(of: code))"
        }
    }

    /// libuv's own words for an error number.
    static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        uv_strerror_r(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
