// SuiteSteps.swift — the suite's measurements, each as rows of a table.
// Bench › Suite.

import Base
import Console

struct SuiteSteps {
    let threads: Int

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// 512 tokens in, 64 out, 1, 4 and 16 at once.
    /// - Parameter model: nil: the embedded one.
    func engine(label: String, model: String?) throws -> [SuiteRow] {
        let json = try measure(
            ["engine", "--threads", "\(threads)", "--json"] + (model.map { ["--model", $0] } ?? []))
        return elements(json, "results").map { result in
            SuiteRow(
                section: "engine, 512 in, 64 out", label: "\(label), \(result["concurrency"]?.integer ?? 0) at once",
                figures: [
                    ("prefill tokens/s", figure(result, "prefill_tokens_per_second")),
                    ("of the limit", figure(result, "share_of_limit", "prefill")),
                    ("decode tokens/s", figure(result, "decode_tokens_per_second")),
                    ("of the bandwidth", figure(result, "share_of_limit", "decode")),
                    ("TTFT p50 ms", figure(result, "ttft_ms", "p50")),
                    ("TPOT p50 ms", figure(result, "tpot_ms", "p50")),
                    ("peak MiB", figure(result, "peak_rss_bytes") / 1_048_576),
                ])
        }
    }

    /// The products of one shape, over one row and over a chunk of a prompt.
    func kernels() throws -> [SuiteRow] {
        let json = try measure([
            "kernels", "--threads", "\(threads)", "--models", "smollm2-135m", "--types", "q8_0,q4_0,f16", "--rows",
            "1,512", "--only", "products", "--json",
        ])
        return elements(json, "products").filter { $0["product"]?.string == "gate, up" }.map { product in
            SuiteRow(
                section: "products, 1536 × 576",
                label: "\(product["type"]?.string ?? ""), \(product["rows"]?.integer ?? 0) rows",
                figures: [
                    ("GOP/s", figure(product, "gigaops_per_second")), ("GB/s", figure(product, "gigabytes_per_second")),
                    ("of the limit", figure(product, "share_of_limit")),
                ])
        }
    }

    /// The server with the embedded model, under 1, 4 and 16 clients that ask again as soon as they are answered.
    func server() throws -> [SuiteRow] {
        let folder = Machine.executablePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let program = folder.joined(separator: "/") + "/swiftlet"
        let server = try ChildProcess(
            program, ["serve", "--port", "0", "--threads", "\(threads)", "--index", "none", "--encoder", "none"],
            silent: true)
        defer { server.end() }
        let mark = "listening on "
        guard let line = server.line(), line.hasPrefix(mark) else {
            throw Failure(description: "\(program) serve did not start; run it to see why")
        }
        let url = String(line.dropFirst(mark.count))
        return try [1, 4, 16].map { clients in
            let json = try measure([
                "serve", "--url", url, "--max-concurrency", "\(clients)", "--num-prompts", "\(16 + 8 * clients)",
                "--input-tokens", "256", "--output-tokens", "64", "--ignore-eos", "--quiet", "--json",
            ])
            return SuiteRow(
                section: "server, swiftlet-5m, 256 in, 64 out", label: "\(clients) clients",
                figures: [
                    ("output tokens/s", figure(json, "output_throughput")),
                    ("requests/s", figure(json, "request_throughput")),
                    ("TTFT p50 ms", figure(json, "median_ttft_ms")), ("TTFT p99 ms", figure(json, "p99_ttft_ms")),
                    ("ITL p50 ms", figure(json, "median_itl_ms")), ("ITL p99 ms", figure(json, "p99_itl_ms")),
                ])
        }
    }

    // MARK: - Running

    private func measure(_ arguments: [String]) throws -> JSON {
        Output.note("swiftlet-bench " + arguments.joined(separator: " "))
        do {
            let child = try ChildProcess(Machine.executablePath, arguments)
            return try JSON.parse(try child.finish())
        } catch {
            throw Failure(description: "swiftlet-bench \(arguments.joined(separator: " ")): \(error)")
        }
    }

    private func elements(_ json: JSON, _ key: String) -> [JSON] { json[key].map { Array($0.elements) } ?? [] }

    private func figure(_ json: JSON, _ path: String...) -> Double {
        path.reduce(json) { $0?[$1] }?.double ?? 0
    }
}
