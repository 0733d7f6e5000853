// Machine.swift — what this computer offers: cores and memory.
// Base.  Read from Linux's files; every figure has a fallback, because none of them is worth failing for.

import Glibc

package enum Machine {
    /// Physical cores this process may use: two hyper-threads of one core share its arithmetic, so they count once.
    package static var usableCoreCount: Int {
        var cores: Set<String> = []
        for cpu in allowedCPUs {
            // CPUs of one core name the same siblings; without the file, each counts for itself.
            let path = "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"
            cores.insert((try? ReadFile.bytes(path)).map { String(decoding: $0, as: UTF8.self) } ?? "\(cpu)")
        }
        return max(1, cores.count)
    }

    /// The CPUs in this process's affinity mask, from a list such as `0-3,8`.
    private static var allowedCPUs: [Int] {
        guard let line = lines("/proc/self/status").first(where: { $0.hasPrefix("Cpus_allowed_list:") }),
            let list = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).last
        else { return [0] }
        return list.split(separator: ",").flatMap { part -> [Int] in
            let bounds = part.split(separator: "-").compactMap { Int($0) }
            guard let first = bounds.first, let last = bounds.last, first <= last, last < 1 << 16 else { return [] }
            return Array(first...last)
        }
    }

    /// Bytes that can be allocated without swapping (`MemAvailable`); a cautious 2 GiB where that is unknown.
    package static var availableMemoryBytes: Int {
        meminfo("MemAvailable:").map { $0 * 1024 } ?? 2 << 30
    }

    /// Bytes of this process that are in memory now, and the most there ever were; zero where unknown.
    package static var residentBytes: (now: Int, peak: Int) {
        let status = lines("/proc/self/status")
        func kibibytes(_ key: String) -> Int { number(after: key, in: status) ?? 0 }
        return (kibibytes("VmRSS:") * 1024, kibibytes("VmHWM:") * 1024)
    }

    /// The processor's name as Linux knows it.
    package static var processorName: String {
        let line = lines("/proc/cpuinfo").first { $0.hasPrefix("model name") } ?? ""
        guard let colon = line.firstIndex(of: ":") else { return "unknown processor" }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }

    /// The running program's own file.
    package static var executablePath: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            let count = unsafe readlink("/proc/self/exe", buffer.baseAddress!, 4096)
            guard count > 0 else { return "" }
            unsafe buffer[count] = 0
            return unsafe String(cString: buffer.baseAddress!)
        }
    }

    private static func meminfo(_ key: String) -> Int? { number(after: key, in: lines("/proc/meminfo")) }

    private static func lines(_ path: String) -> [Substring] {
        let text = (try? ReadFile.bytes(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n")
    }

    private static func number(after key: String, in lines: [Substring]) -> Int? {
        guard let line = lines.first(where: { $0.hasPrefix(key) }) else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
}
