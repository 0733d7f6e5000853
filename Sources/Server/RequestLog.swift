// RequestLog.swift — one line of JSON per response; never a prompt, never an answer.
// Server.

import Base
import Glibc

/// What the log says about one response.
struct LogEntry: Sendable, Equatable {
    var requestID: String
    var method: String
    /// Without the query, which may hold a client's text.
    var path: String
    /// 499: the client left first.
    var status: Int
    var milliseconds: Double
    var remoteAddress: String
    var tokens: TokenAccount?
    /// The error's code, or its message where it has none.
    var error: String?
    /// Whose key came.
    var tenant: String?
    /// Of `milliseconds`, how many it waited for its limits; nil: none.
    var limiterMilliseconds: Double?
}

/// Token counts of a completion, for the log.
struct TokenAccount: Sendable, Equatable {
    var prompt: Int
    var cached: Int
    var output: Int
    var choices: Int
}

package enum RequestLog {
    /// Renders an entry, line feed included. `time` is the date in UTC.
    static func line(_ entry: LogEntry, time: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("time", time)
            json.field("request_id", entry.requestID)
            json.field("remote", entry.remoteAddress)
            json.field("method", entry.method)
            json.field("path", entry.path)
            json.field("status", entry.status)
            json.field("ms", (entry.milliseconds * 100).rounded() / 100)
            if let tenant = entry.tenant { json.field("tenant", tenant) }
            if let limiter = entry.limiterMilliseconds { json.field("limiter_ms", (limiter * 100).rounded() / 100) }
            if let tokens = entry.tokens {
                json.field("prompt_tokens", tokens.prompt)
                json.field("cached_tokens", tokens.cached)
                json.field("completion_tokens", tokens.output)
                json.field("choices", tokens.choices)
            }
            if let error = entry.error { json.field("error", error) }
        }
        json.endLine()
        return json.bytes
    }

    /// Writes to stderr; a line that cannot be written is lost.
    package static let standardError: @Sendable ([UInt8]) -> Void = { line in
        _ = write(STDERR_FILENO, line, line.count)
    }

    /// RFC 3339, UTC, milliseconds.
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
