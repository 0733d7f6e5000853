// SummaryTable.swift — the runs side by side in figures.
// LoadGeneration › Report.

struct SummaryTable {
    private let runs: [ReportedRun]

    init(_ runs: [ReportedRun]) { self.runs = runs }

    var html: String {
        let heads = [
            "run", "load", "completed", "failed", "requests/s", "tokens/s", "goodput/s", "TTFT ms, p50", "p99",
            "TPOT ms, p50", "p99", "E2E ms, p50", "p99",
        ]
        let rows = runs.map { run -> String in
            func milliseconds(_ measure: LatencyMeasure, _ share: Double) -> String {
                let sample = run.sample(measure)
                return sample.isEmpty ? "–" : NumberText.short(sample.quantile(share))
            }
            let quantiles = [LatencyMeasure.ttft, .tpot, .e2el].flatMap { measure in
                [milliseconds(measure, 0.5), milliseconds(measure, 0.99)]
            }
            let cells =
                [
                    run.label, run.loadText, "\(run.completed)", "\(run.failed)",
                    NumberText.short(run.requestThroughput),
                    NumberText.short(run.outputThroughput), run.goodput.map(NumberText.short) ?? "–",
                ] + quantiles
            return "<tr>" + cells.map { "<td>\(HTML.escape($0))</td>" }.joined() + "</tr>"
        }
        return """
            <div class="scroll"><table>
            <thead><tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }
}
