// Fuzz.swift — what libFuzzer calls; its own `main` comes with -sanitize=fuzzer.
// Tests › Fuzz.  Built and run by Tests/Fuzz/run.

import Glibc

/// Each gets bytes that nobody checked. Throwing is how a loader refuses them; a trap, a sanitizer's report, a hang or
/// running out of memory ends the run, and libFuzzer keeps the input.
private let targets: [String: @Sendable ([UInt8]) throws -> Void] = [
    "safetensors": SafetensorsTarget.run,
    "gguf": GGUFTarget.run,
    "tokenizer-json": TokenizerTarget.run,
    "config-json": ConfigurationTarget.run,
    "http": HTTPTarget.run,
]

/// The environment says which, because the command line is libFuzzer's.
private let target = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else { fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted())") }
    return target
}()

@c(LLVMFuzzerTestOneInput)
func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    try? target(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
