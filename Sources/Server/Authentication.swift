// Authentication.swift — who may ask: bearer keys, compared without telling how much of one was right.
// Server.

/// The keys a server accepts; without any, everybody may ask.
package struct Authentication: Sendable, Equatable {
    private var keys: [[UInt8]]

    /// - Precondition: no key is empty.
    package init(keys: [String] = []) {
        precondition(!keys.contains(""), "an empty key would let everybody in")
        self.keys = keys.map { Array($0.utf8) }
    }

    /// - Parameter authorization: the request's header of that name.
    package func accepts(_ authorization: String?) -> Bool {
        guard !keys.isEmpty else { return true }
        let given = Self.token(of: authorization ?? "")
        // Every key is compared to its end, so that time tells nothing about where a guess went wrong.
        var isKnown = false
        for key in keys where Self.areEqual(key, given) { isKnown = true }
        return isKnown
    }

    /// `Bearer TOKEN`, the scheme in any case (RFC 9110, section 11.1).
    private static func token(of authorization: String) -> [UInt8] {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return [] }
        return Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") })
    }

    /// Takes the same time for every `given` of one length.
    private static func areEqual(_ key: [UInt8], _ given: [UInt8]) -> Bool {
        var difference = UInt(bitPattern: key.count ^ given.count)
        for (index, byte) in given.enumerated() {
            difference |= UInt(byte ^ key[index % key.count])
        }
        return difference == 0
    }
}
