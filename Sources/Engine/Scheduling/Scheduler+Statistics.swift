// Scheduler+Statistics.swift — what each tenant has and had.
// Engine › Scheduling.

extension Scheduler {
    /// - Complexity: O(tenants + requests).
    var tenantStatistics: [TenantStatistics] {
        counters.records.map { record in
            var statistics = TenantStatistics(
                tenant: record.id, weight: record.weight,
                service: Double(record.service) / Double(TokenCounters.unitsPerToken),
                isBacklogged: record.isBacklogged,
                cachedBlockCount: cache.pool.accounts.cachedCount(of: record.cacheOwner),
                cacheQuota: cache.pool.accounts.quota(of: record.cacheOwner))
            statistics.waitingCount = waiting.count { $0.tenant === record }
            statistics.runningCount = running.count { $0.tenant === record }
            return statistics
        }
    }
}
