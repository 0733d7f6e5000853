// TransferError.swift — why a transfer did not come to its end.
// LoadGeneration › Client.

package enum TransferError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotConnect(String)
    case timedOut(seconds: Double)
    /// The peer closed, or the network broke, in the middle of the response.
    case connectionLost(String)
    case invalidURL(String)
    case cancelled
    /// Whatever else libcurl says.
    case other(String)

    package var description: String {
        switch self {
        case .cannotConnect(let reason): "no connection: \(reason)"
        case .timedOut(let seconds): "no end after \(seconds) s"
        case .connectionLost(let reason): "connection lost: \(reason)"
        case .invalidURL(let url): "'\(url)' is not an address such as http://127.0.0.1:8080"
        case .cancelled: "cancelled"
        case .other(let reason): reason
        }
    }
}
