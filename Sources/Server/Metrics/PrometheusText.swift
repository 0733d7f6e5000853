// PrometheusText.swift — writes metrics in Prometheus' text exposition format, version 0.0.4.
// Server › Metrics.  Format: prometheus.io/docs/instrumenting/exposition_formats.

package import Base

/// Collects metric families; `text` is the page.
package struct PrometheusText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package typealias Labels = KeyValuePairs<String, String>

    package private(set) var text = ""

    package init() {}

    /// A family of one sample.
    package mutating func value(
        _ name: String, _ kind: Kind, _ help: String, labels: Labels = [:], _ value: some PrometheusNumber
    ) {
        family(name, kind, help)
        sample(name, labels, value)
    }

    /// Starts a family; its samples follow.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: Labels, _ value: some PrometheusNumber) {
        line(name, labels, bound: nil, value.prometheusText)
    }

    /// A whole histogram family: cumulative buckets, `+Inf`, sum and count.
    package mutating func histogram(_ name: String, _ help: String, labels: Labels, _ histogram: Histogram) {
        family(name, .histogram, help)
        var cumulative: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            cumulative += count
            let isLast = index == histogram.upperBounds.count
            let bound = isLast ? "+Inf" : histogram.upperBounds[index].prometheusText
            line(name + "_bucket", labels, bound: bound, cumulative.prometheusText)
        }
        line(name + "_sum", labels, bound: nil, histogram.sum.prometheusText)
        line(name + "_count", labels, bound: nil, cumulative.prometheusText)
    }

    private mutating func line(_ name: String, _ labels: Labels, bound: String?, _ value: String) {
        text += name
        var separator = "{"
        for (label, content) in labels {
            text += "\(separator)\(label)=\"\(escaped(content, quotes: true))\""
            separator = ","
        }
        if let bound {
            text += "\(separator)le=\"\(bound)\""
            separator = ","
        }
        text += separator == "," ? "} \(value)\n" : " \(value)\n"
    }

    /// Backslash and line feed everywhere, quotes in label values.
    private func escaped(_ content: String, quotes: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in content.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\".unicodeScalars
            case "\n": result += "\\n".unicodeScalars
            case "\"" where quotes: result += "\\\"".unicodeScalars
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

/// A number as Prometheus reads it.
package protocol PrometheusNumber {
    var prometheusText: String { get }
}

extension UInt64: PrometheusNumber {
    package var prometheusText: String { String(self) }
}

extension Int: PrometheusNumber {
    package var prometheusText: String { String(self) }
}

extension Double: PrometheusNumber {
    package var prometheusText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        return description
    }
}
