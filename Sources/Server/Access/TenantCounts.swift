// TenantCounts.swift — what the limiter did to each tenant, for the metrics.
// Server › Access.

package import Limiting

/// Counters by tenant. Names come from the keys file only, so there are never more series than it has tenants.
package struct TenantCounts: Sendable {
    package struct Refusals: Hashable, Sendable {
        package let tenant: String
        /// Which limit, or "waiting_room".
        package let reason: String
    }

    package private(set) var refusals: [Refusals: UInt64] = [:]
    /// Settled tokens and requests.
    package private(set) var spent: [String: [Resource: UInt64]] = [:]

    package init() {}

    mutating func refused(_ tenant: String, _ refusal: Refusal) {
        let reason =
            switch refusal {
            case .limited(let shortage): shortage.resource.label
            case .roomFull: "waiting_room"
            }
        refusals[Refusals(tenant: tenant, reason: reason), default: 0] += 1
    }

    mutating func spent(_ count: Int, _ resource: Resource, by tenant: String) {
        spent[tenant, default: [:]][resource, default: 0] += UInt64(count)
    }
}

/// One tenant at this moment.
package struct TenantReport: Sendable {
    package let name: String
    /// The engine's number for it.
    package let number: UInt32
    /// Requests that wait for the limiter.
    package let waitingCount: Int
    /// By `Resource.rawValue`; nil where nothing is limited.
    package let balances: [Balance?]
}
