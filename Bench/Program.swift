// Program.swift — the benchmark program's entrance.
// Bench.  Figures are medians, and shares of limits measured in the same run: absolute speeds of a shared machine say
// little tomorrow.

import Console

@main
enum Program {
    static func main() {
        CommandLineProgram(
            name: "swiftlet-bench", version: "0.1.0", purpose: "Measures Swiftlet's parts on this machine.",
            commands: [
                EngineBenchmark.self, KernelBenchmark.self, ServeBenchmark.self, TokenizerBenchmark.self,
                EncoderBenchmark.self, RetrievalBenchmark.self, SpeculationBenchmark.self, ConstraintBenchmark.self,
                SuiteBenchmark.self,
            ]
        ).run()
    }
}
