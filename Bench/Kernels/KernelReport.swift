// KernelReport.swift — the kernel benchmark's figures as JSON and as a table.
// Bench › Kernels.

import Base
import Kernels

struct KernelReport {
    let kernels: KernelSet
    let threads: Int
    var limits: MachineLimits?
    var products: [ProductFigure] = []
    var attentions: [AttentionFigure] = []

    init(kernels: KernelSet, threads: Int) {
        self.kernels = kernels
        self.threads = threads
    }

    private func share(_ product: ProductFigure) -> Double {
        guard let limits else { return 0 }
        return product.figure.share(
            peakGigaops: limits.peak(for: product.type), gigabytesPerSecond: limits.modelReadGigabytesPerSecond)
    }

    /// Keys and values are turned into f32 and multiplied as such, whatever the cache keeps.
    private func share(_ attention: AttentionFigure) -> Double {
        guard let limits else { return 0 }
        return attention.figure.share(
            peakGigaops: limits.f32GigaflopsPerSecond, gigabytesPerSecond: limits.modelReadGigabytesPerSecond)
    }

    var table: String {
        var lines = [
            "\(kernels) kernels, \(threads) threads, \(Machine.processorName)",
            "limits: \(rounded(limits?.modelReadGigabytesPerSecond ?? 0)) GB/s,"
                + " f32 \(rounded(limits?.f32GigaflopsPerSecond ?? 0)),"
                + " bf16 \(rounded(limits?.bf16GigaflopsPerSecond ?? 0)),"
                + " int8 \(rounded(limits?.int8GigaopsPerSecond ?? 0)) GOP/s", "",
        ]
        if !products.isEmpty {
            lines += ["| model | product | outputs × inputs | type | rows | GOP/s | GB/s | share |", Self.rule(8)]
            lines += products.map { product in
                "| \(product.model) | \(product.name) | \(product.outputs) × \(product.inputs) | \(product.type)"
                    + " | \(product.rows) | \(cells(product.figure)) | \(rounded(share(product))) |"
            }
            lines.append("")
        }
        if !attentions.isEmpty {
            lines += ["| model | cache | context | rows | GOP/s | GB/s | share |", Self.rule(7)]
            lines += attentions.map { attention in
                "| \(attention.model) | \(attention.type) | \(attention.context) | \(attention.rows)"
                    + " | \(cells(attention.figure)) | \(rounded(share(attention))) |"
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func rule(_ columns: Int) -> String { String(repeating: "|---", count: columns) + "|" }

    private func cells(_ figure: KernelFigure) -> String {
        "\(rounded(figure.gigaopsPerSecond)) | \(rounded(figure.gigabytesPerSecond))"
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("cpu", Machine.processorName)
            writer.field("kernels", "\(kernels)")
            writer.field("threads", threads)
            writer.key("limits")
            writer.object { writer in
                writer.field("read_gigabytes_per_second", limits?.modelReadGigabytesPerSecond ?? 0)
                writer.field("f32_gflops", limits?.f32GigaflopsPerSecond ?? 0)
                writer.field("bf16_gflops", limits?.bf16GigaflopsPerSecond ?? 0)
                writer.field("int8_gops", limits?.int8GigaopsPerSecond ?? 0)
            }
            writer.key("products")
            writer.array { writer in
                for product in products {
                    writer.object { writer in
                        writer.field("model", product.model)
                        writer.field("product", product.name)
                        writer.field("type", "\(product.type)")
                        writer.field("outputs", product.outputs)
                        writer.field("inputs", product.inputs)
                        writer.field("rows", product.rows)
                        write(product.figure, share(product), &writer)
                    }
                }
            }
            writer.key("attention")
            writer.array { writer in
                for attention in attentions {
                    writer.object { writer in
                        writer.field("model", attention.model)
                        writer.field("cache", "\(attention.type)")
                        writer.field("context", attention.context)
                        writer.field("rows", attention.rows)
                        write(attention.figure, share(attention), &writer)
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ figure: KernelFigure, _ share: Double, _ writer: inout JSONWriter) {
        writer.field("microseconds", figure.seconds * 1e6)
        writer.field("gigaops_per_second", figure.gigaopsPerSecond)
        writer.field("gigabytes_per_second", figure.gigabytesPerSecond)
        writer.field("share_of_limit", share)
    }
}
