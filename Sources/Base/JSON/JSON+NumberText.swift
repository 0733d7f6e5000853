// JSON+NumberText.swift — how a number was written, for readers that keep 3 and 3.0 apart.
// Base › JSON.  Python's json module makes an int of the first and a float of the second.

extension JSON {
    /// A number written without fraction and exponent.
    package var isWrittenAsInteger: Bool {
        guard kind == .number else { return false }
        return document.bytes[document.textRange(node)].allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
        }
    }
}
