// DescriptorLimit.swift — room for many sockets.
// Network › TCP.  Most systems start a process with 1024 descriptors and let it have far more for the asking.

import Glibc

package enum DescriptorLimit {
    /// Lifts the soft limit to `count` if it is lower, as far as the hard limit allows.
    package static func raise(toAtLeast count: Int) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let wanted = min(rlim_t(count), limit.rlim_max)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(resource, &limit)
    }
}
