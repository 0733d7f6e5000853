// Scheduler+Statistics.swift — what each tenant has and had.
// Engine › Scheduling.

extension Scheduler {
    /// Allocates nothing once the array is large enough. - Complexity: O(tenants · requests).
    func writeStatistics(into tenants: inout [TenantStatistics]) {
        tenants.removeAll(keepingCapacity: true)
        for record in counters.records {
            var statistics = TenantStatistics(
                tenant: record.id, weight: record.weight,
                service: Double(record.service) / Double(TokenCounters.unitsPerToken),
                isBacklogged: record.isBacklogged,
                cachedBlockCount: cache.pool.accounts.cachedCount(of: record.cacheOwner),
                cacheQuota: cache.pool.accounts.quota(of: record.cacheOwner))
            statistics.waitingCount = waiting.count { $0.tenant === record }
            statistics.runningCount = running.count { $0.tenant === record }
            tenants.append(statistics)
        }
    }
}
