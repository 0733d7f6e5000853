// RemotePath.swift — which file names from a server may be written below a folder.
// Download.

package enum RemotePath {
    /// Whether `name` is a relative path that stays inside: no empty, `.` or `..` component, no backslash (a separator
    /// elsewhere), no control character, and no longer than file systems take, with room for `.partial.source`.
    package static func isSafe(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 1024 else { return false }
        for scalar in name.unicodeScalars where scalar == "\\" || scalar.properties.generalCategory == .control {
            return false
        }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { component in
            !component.isEmpty && component.count <= 200 && !component.elementsEqual(".".utf8)
                && !component.elementsEqual("..".utf8)
        }
    }

    /// The folders above `name`, outermost first: `a/b/c` gives `a`, `a/b`.
    static func folders(of name: String) -> [String] {
        let components = name.split(separator: "/")
        return components.indices.dropFirst().map { components[..<$0].joined(separator: "/") }
    }

    /// Every byte but letters, digits and `-._~` as `%XX`; slashes stay only where asked.
    package static func percentEncoded(_ text: String, keepingSlashes: Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            case UInt8(ascii: "/") where keepingSlashes: result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
