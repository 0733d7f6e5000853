// EngineTenant.swift — on whose behalf a request is computed, and what it may share with whom.
// Engine › Boundary.  Who that is in the world outside is the server's business.

/// Requests of one tenant queue behind one another; between tenants the engine divides its work by their weights.
package struct EngineTenant: Hashable, Sendable {
    package let id: UInt32
    /// Twice the weight: twice the work, as long as both want more than they get.
    package var weight: Int
    /// So many blocks of the tenant's cached prefixes are safe from other tenants' requests. The engine grants less
    /// where all quotas together would leave no room for one request of full length.
    package var cacheQuota: Int

    /// - Precondition: the weight is positive.
    package init(id: UInt32, weight: Int = 1, cacheQuota: Int = 0) {
        precondition(weight > 0 && cacheQuota >= 0)
        self.id = id
        self.weight = weight
        self.cacheQuota = cacheQuota
    }

    /// Whom everything belongs to where nobody is told apart.
    package static let everyone = EngineTenant(id: 0)
}

/// Requests share cached prefixes only inside one namespace.
package struct CacheNamespace: Hashable, Sendable {
    /// Zero is what everybody shares.
    package let tenant: UInt32
    /// A client's own subdivision (`cache_salt`); any bytes.
    package let salt: [UInt8]

    package init(tenant: UInt32, salt: [UInt8] = []) {
        self.tenant = tenant
        self.salt = salt
    }

    package static let shared = CacheNamespace(tenant: 0)
}
