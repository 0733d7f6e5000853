// ThreadInformation.swift — what tests ask of the operating system.

import Glibc

func sleepFor(microseconds: Int) { usleep(UInt32(microseconds)) }

/// The calling thread's name, as the kernel has it.
func currentThreadName() -> String {
    guard let file = fopen("/proc/thread-self/comm", "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = fread(&bytes, 1, 32, file)
    return String(decoding: bytes[..<count].filter { $0 != 10 }, as: UTF8.self)
}
