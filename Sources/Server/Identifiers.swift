// Identifiers.swift — names for requests and answers.
// Server.

/// Random names, unique for all practical purposes: 128 bits from the system's generator.
package enum Identifier {
    package static func random(prefix: String) -> String {
        prefix + hexadecimal(.random(in: .min ... .max)) + hexadecimal(.random(in: .min ... .max))
    }

    /// A client's own request id, if it is safe to repeat in headers and logs: visible ASCII, not too long.
    package static func accepted(_ clientID: String?) -> String? {
        guard let clientID, !clientID.isEmpty, clientID.utf8.count <= Limits.requestIDBytes.value,
            clientID.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return clientID
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
