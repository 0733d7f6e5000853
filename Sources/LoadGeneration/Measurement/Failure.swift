// Failure.swift — how a request can fail, in classes that a report can count.
// LoadGeneration › Measurement.

package enum Failure: Sendable, Equatable, CustomStringConvertible {
    case connection(String)
    case timeout
    /// Refused or failed by the server; the message is the body's.
    case status(Int, message: String)
    /// An error event inside a stream that had begun well.
    case streamError(String)
    /// The stream ended without its end.
    case truncated
    /// Not the format that was promised.
    case malformed

    /// The key under which it is counted.
    package var kind: String {
        switch self {
        case .connection: "connection"
        case .timeout: "timeout"
        case .status(let status, _): "http_\(status)"
        case .streamError: "stream_error"
        case .truncated: "truncated"
        case .malformed: "malformed"
        }
    }

    package var description: String {
        switch self {
        case .connection(let reason): reason
        case .timeout: "timed out"
        case .status(let status, let message): "status \(status): \(message)"
        case .streamError(let message): "error in the stream: \(message)"
        case .truncated: "the stream ended early"
        case .malformed: "the response is not a stream of completions"
        }
    }
}
