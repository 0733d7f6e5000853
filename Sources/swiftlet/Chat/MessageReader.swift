// MessageReader.swift — what the person types: a message a line, longer ones with a backslash at the line's end.
// swiftlet › Chat.

import Console
import Glibc

/// Reads standard input line by line, from a terminal or from a pipe.
struct MessageReader {
    enum Input: Equatable {
        case message(String)
        /// Ctrl-C before the message was sent; what was typed of it is gone.
        case interrupted
        case end
    }

    /// Longer lines are refused: a prompt of this size fits no model.
    private static let longestMessageBytes = 4 << 20

    private let interruptKey: InterruptKey?
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    /// - Parameter interruptKey: nil where Ctrl-C keeps its usual meaning.
    init(interruptKey: InterruptKey?) { self.interruptKey = interruptKey }

    /// The next message. - Parameter askForMore: called before a continuation line.
    mutating func next(askForMore: () -> Void) throws -> Input {
        var message: [UInt8] = []
        while true {
            switch try nextLine() {
            case nil where message.isEmpty: return .end
            case nil: return .message(String(decoding: message, as: UTF8.self))
            case .interrupted: return .interrupted
            case .line(var line):
                guard line.last == UInt8(ascii: "\\") else {
                    return .message(String(decoding: message + line, as: UTF8.self))
                }
                line[line.count - 1] = UInt8(ascii: "\n")
                message += line
                guard message.count <= Self.longestMessageBytes else { throw Self.tooLong }
                askForMore()
            }
        }
    }

    private enum Line {
        case line([UInt8])
        case interrupted
    }

    private static let tooLong = UsageError("a message may have \(longestMessageBytes) bytes")

    /// A line without its end; nil at the end of the input.
    private mutating func nextLine() throws -> Line? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                var line = Array(buffer[..<end])
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                buffer.removeSubrange(...end)
                return .line(line)
            }
            guard buffer.count <= Self.longestMessageBytes else { throw Self.tooLong }
            if isAtEnd {
                guard !buffer.isEmpty else { return nil }
                defer { buffer = [] }
                return .line(buffer)
            }
            if let interruptKey, !interruptKey.waitForInput() {
                buffer = []
                return .interrupted
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count > 0 { buffer += chunk[..<count] } else { isAtEnd = true }
        }
    }
}
