// Authentication.swift — who may ask: bearer keys, compared without telling how much of one was right.
// Server › Access.

package import Limiting

/// Somebody who may ask.
package struct Visitor: Sendable, Equatable {
    package let key: APIKey
    package let tenant: Tenant
}

extension Visitor? {
    /// Where no key is needed, everybody may.
    func mayUse(_ model: String) -> Bool { self?.key.mayUse(model) ?? true }
}

/// The keys a server accepts; without any, everybody may ask.
package struct Authentication: Sendable, Equatable {
    /// Nil: no key is needed.
    package let ring: KeyRing?

    package init(ring: KeyRing?) { self.ring = ring }

    /// Keys of one tenant without limits.
    /// - Precondition: no key is empty.
    package init(keys: [String] = []) {
        precondition(!keys.contains(""), "an empty key would let everybody in")
        ring =
            keys.isEmpty
            ? nil
            : KeyRing(
                keys: keys.map { APIKey(digest: KeyDigest(of: $0.utf8), tenant: Self.onlyTenant) },
                tenants: [Tenant(name: Self.onlyTenant)])
    }

    private static let onlyTenant = "default"

    package enum Answer: Sendable, Equatable {
        /// There are no keys.
        case anybody
        case visitor(Visitor)
        case stranger
    }

    /// - Parameter authorization: the request's header of that name.
    package func answer(_ authorization: String?) -> Answer {
        guard let ring else { return .anybody }
        guard let key = ring.key(Self.token(of: authorization ?? "")), let tenant = ring.tenant(of: key) else {
            return .stranger
        }
        return .visitor(Visitor(key: key, tenant: tenant))
    }

    package func accepts(_ authorization: String?) -> Bool { answer(authorization) != .stranger }

    /// `Bearer TOKEN`, the scheme in any case (RFC 9110, section 11.1).
    private static func token(of authorization: String) -> [UInt8] {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return [] }
        return Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") })
    }
}
