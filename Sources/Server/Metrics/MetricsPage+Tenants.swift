// MetricsPage+Tenants.swift — who is limited by what, and who got how much.
// Server › Metrics.  The label `tenant` takes only names of the keys file, so a client cannot add a series.

import Engine
import Limiting

extension MetricsPage {
    func writeTenants(_ page: inout PrometheusText) {
        writeLimits(&page)
        writeShares(&page)
    }

    // MARK: - The limiter

    private func writeLimits(_ page: inout PrometheusText) {
        page.family(
            "swiftlet:limiter_waiting", .gauge, "Requests that wait for a limit of their key or tenant.")
        for tenant in tenants { page.sample("swiftlet:limiter_waiting", ["tenant": tenant.name], tenant.waitingCount) }

        page.family("swiftlet:limiter_refused_total", .counter, "Requests refused, by the limit that was reached.")
        for tenant in tenants {
            for reason in Resource.allCases.map(\.label) + ["waiting_room"] {
                let key = TenantCounts.Refusals(tenant: tenant.name, reason: reason)
                page.sample(
                    "swiftlet:limiter_refused_total", ["tenant": tenant.name, "limit": reason],
                    tenantCounts.refusals[key] ?? 0)
            }
        }
        page.family(
            "swiftlet:limiter_settled_total", .counter, "Requests and tokens charged: what was computed, no more.")
        for tenant in tenants {
            for resource in Resource.allCases where resource.refills {
                page.sample(
                    "swiftlet:limiter_settled_total", ["tenant": tenant.name, "resource": resource.label],
                    tenantCounts.spent[tenant.name]?[resource] ?? 0)
            }
        }
        writeBalances(&page, "swiftlet:limiter_limit", "The tenant's limits.", \.limit)
        writeBalances(&page, "swiftlet:limiter_remaining", "What is left of the tenant's limits.", \.remaining)
    }

    private func writeBalances(
        _ page: inout PrometheusText, _ name: String, _ help: String, _ value: (Balance) -> Int
    ) {
        page.family(name, .gauge, help)
        for tenant in tenants {
            for resource in Resource.allCases {
                guard let balance = tenant.balances[resource.rawValue] else { continue }
                page.sample(name, ["tenant": tenant.name, "resource": resource.label], value(balance))
            }
        }
    }

    // MARK: - The scheduler

    private func writeShares(_ page: inout PrometheusText) {
        func write(_ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (TenantStatistics) -> Double) {
            page.family(name, kind, help)
            for tenant in tenants {
                guard let found = statistics.tenants.first(where: { $0.tenant == tenant.number }) else { continue }
                page.sample(name, ["tenant": tenant.name], value(found))
            }
        }
        write(
            "swiftlet:tenant_service_total", .counter,
            "The virtual token counter: prompt tokens once, generated ones twice, divided by the weight."
        ) { $0.service }
        write("swiftlet:tenant_weight", .gauge, "The tenant's weight.") { Double($0.weight) }
        write("swiftlet:tenant_requests_running", .gauge, "The tenant's requests in the running batch.") {
            Double($0.runningCount)
        }
        write("swiftlet:tenant_requests_waiting", .gauge, "The tenant's requests that wait in the engine.") {
            Double($0.waitingCount)
        }
        write("swiftlet:tenant_cached_blocks", .gauge, "KV cache blocks that hold the tenant's prefixes.") {
            Double($0.cachedBlockCount)
        }
        write("swiftlet:tenant_cache_quota_blocks", .gauge, "So many of them are safe from other tenants.") {
            Double($0.cacheQuota)
        }
    }
}
