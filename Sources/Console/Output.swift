// Output.swift — writing to the terminal: answers to stdout, everything else to stderr.
// Console.

import Glibc

package enum Output {
    /// Writes all bytes; ends the program quietly when the reader has gone (`swiftlet generate … | head`).
    package static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32 = STDOUT_FILENO) {
        let bytes = Array(bytes)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { exit(0) }
                let reason = unsafe String(cString: strerror(errno))
                if descriptor != STDERR_FILENO { note("cannot write the output: \(reason)") }
                exit(1)
            }
            start += count
        }
    }

    package static func line(_ text: String) { write((text + "\n").utf8) }
    package static func note(_ text: String) { write((text + "\n").utf8, to: STDERR_FILENO) }

    /// All of standard input.
    package static func readInput(limit: Int = 256 << 20) throws -> [UInt8] {
        var input: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return input }
            input += chunk[..<count]
            guard input.count <= limit else { throw UsageError("standard input is larger than \(limit) bytes") }
        }
    }
}
