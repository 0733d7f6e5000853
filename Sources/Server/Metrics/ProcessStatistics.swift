// ProcessStatistics.swift — what the kernel says about this process.
// Server › Metrics.  proc(5), getrusage(2).

import Glibc

/// A reading of memory and processor time.
package struct ProcessStatistics: Sendable, Equatable {
    package var residentBytes: Int
    package var cpuSeconds: Double

    package init(residentBytes: Int, cpuSeconds: Double) {
        self.residentBytes = residentBytes
        self.cpuSeconds = cpuSeconds
    }

    /// Now. A value that cannot be read is 0.
    package static func current() -> ProcessStatistics {
        ProcessStatistics(residentBytes: residentPages() * sysconf(Int32(_SC_PAGESIZE)), cpuSeconds: usedSeconds())
    }

    /// Second field of /proc/self/statm.
    private static func residentPages() -> Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return 0 }
        let fields = buffer[..<count].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) ?? 0 : 0
    }

    private static func usedSeconds() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
