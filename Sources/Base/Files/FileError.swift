// FileError.swift — a system call on a file failed.
// Base › Files.

import Glibc

/// What was tried, on which path, and the system's reason.
package struct FileError: Error, Equatable, CustomStringConvertible {
    /// A verb phrase that follows "cannot": "open", "map", "rename the new file to".
    package let action: String
    package let path: String
    package let reason: Reason

    package enum Reason: Equatable, Sendable {
        case system(errno: Int32)
        case notARegularFile
        case isFolder
        case tooLarge(limit: Int)
    }

    package init(_ action: String, _ path: String, _ reason: Reason) {
        self.action = action
        self.path = path
        self.reason = reason
    }

    /// Takes the reason from `errno`: call it before anything else can change that.
    static func last(_ action: String, _ path: String) -> FileError {
        FileError(action, path, .system(errno: errno))
    }

    package var description: String { "cannot \(action) \(path): \(reason)" }
}

extension FileError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        // For the codes that the system itself returns, strerror points at constant text: safe from any thread.
        case .system(let code): strerror(code).map { String(cString: $0) } ?? "error \(code)"
        case .notARegularFile: "it is not a regular file"
        case .isFolder: "it is a folder, and a file is needed"
        case .tooLarge(let limit): "it is larger than \(limit) bytes"
        }
    }
}
