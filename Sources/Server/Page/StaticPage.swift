// StaticPage.swift — the web page's files in memory, and the headers they are sent with.
// Server › Page.

package import Base
import Glibc

/// Everything that `GET /` needs. A few dozen kilobytes, read once.
package struct StaticPage: Sendable {
    package struct Entry: Sendable {
        package let bytes: [UInt8]
        /// Quoted, as it stands in the header; equal for equal bytes.
        package let tag: String
    }

    private let entries: [PageFile: Entry]

    /// - Throws: when one of the page's files is missing or cannot be read.
    package init(folder: String) throws(FileError) {
        var entries: [PageFile: Entry] = [:]
        for file in PageFile.allCases {
            let bytes = try ReadFile.bytes(folder + "/" + file.name, limit: 1 << 20)
            var hash = SipHash128(key: SipHashKey(0, 0))
            hash.append(bytes)
            entries[file] = Entry(bytes: bytes, tag: "\"\(hash.finish())\"")
        }
        self.entries = entries
    }

    /// The page that the build puts beside the program; else that of the sources which the program lies in.
    ///
    /// - Parameter executable: the program's own file, links resolved.
    package static func shipped(executable: String = Machine.executablePath) throws(FileError) -> StaticPage {
        var folder = parent(executable)
        let beside = folder + "/swiftlet_PageFiles.resources/Page"
        while !isReadable(beside + "/index.html"), !folder.isEmpty {
            folder = parent(folder)
            let candidate = folder + "/Sources/Page"
            if isReadable(candidate + "/index.html") { return try StaticPage(folder: candidate) }
        }
        return try StaticPage(folder: beside)
    }

    package subscript(file: PageFile) -> Entry? { entries[file] }

    private static func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    // MARK: - Answers

    /// Nothing may be loaded, run or asked but what this server itself sends; no script can be made from text; nobody
    /// may frame the page or learn where a reader came from.
    package static let headers: [(name: String, value: String)] = [
        (
            "content-security-policy",
            [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
                "require-trusted-types-for 'script'", "trusted-types 'none'",
            ].joined(separator: "; ")
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        // A browser asks each time whether its copy is still good: a new program shows its new page at once.
        ("cache-control", "no-cache"),
    ]

    /// Whether the client's copy, as `if-none-match` names it, is this one (RFC 9110, section 13.1.2).
    package static func matches(_ header: String?, tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { candidate in
            var name = candidate.drop { $0 == " " || $0 == "\t" }
            while let last = name.last, last == " " || last == "\t" { name.removeLast() }
            if name.hasPrefix("W/") { name = name.dropFirst(2) }
            return name == tag || name == "*"
        }
    }
}
