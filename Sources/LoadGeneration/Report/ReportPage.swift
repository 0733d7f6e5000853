// ReportPage.swift — one self-contained page of charts about one or several runs.
// LoadGeneration › Report.  No script and no other file: it can be mailed, printed and opened in ten years.

package struct ReportPage {
    private let runs: [ReportedRun]
    /// Runs of one label are points of one sweep.
    private let series: [String]

    package init(_ runs: [ReportedRun]) {
        self.runs = runs
        var series: [String] = []
        for run in runs where !series.contains(run.label) { series.append(run.label) }
        self.series = series
    }

    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>Load test</title>
        <style>
        \(HTML.style)
        </style>
        </head>
        <body>
        <h1>Load test</h1>
        <p>\(HTML.escape(subtitle))</p>
        \(SummaryTable(runs).html)
        \(distributions)
        \(hasSweep ? sweeps : "")
        \(timelines)
        </body>
        </html>

        """
    }

    private var subtitle: String {
        let models = Set(runs.map(\.model)).sorted().joined(separator: ", ")
        let workloads = Set(runs.map(\.workload)).filter { !$0.isEmpty }.sorted().joined(separator: ", ")
        return "Model \(models)" + (workloads.isEmpty ? "" : "; workload \(workloads)")
            + ". Latencies count from the instant at which the schedule wanted a request sent."
    }

    /// Colour and dash pattern of a run: a colour per series, or per run where there is but one series.
    private func look(_ index: Int) -> (series: Int, dash: Int) {
        guard series.count > 1, let own = series.firstIndex(of: runs[index].label) else { return (index, index / 8) }
        return (own, runs[..<index].count { $0.label == runs[index].label })
    }

    private func name(_ run: ReportedRun) -> String {
        runs.count > series.count ? "\(run.label), \(run.loadText)" : run.label
    }

    // MARK: - Distributions

    private var distributions: String {
        let figures = LatencyMeasure.allCases.map { measure in
            "<figure><figcaption>\(measure.title)</figcaption>\n\(distribution(measure))\n</figure>"
        }
        let entries = runs.indices.map { (look($0), name(runs[$0])) }
        return """
            <h2>How long requests took</h2>
            <p>Share of requests (of gaps between chunks, for the inter-token latency) that took at most so long.</p>
            \(legend(entries))
            <div class="grid2">
            \(figures.joined(separator: "\n"))
            </div>
            """
    }

    private func distribution(_ measure: LatencyMeasure) -> String {
        let samples = runs.map { $0.sample(measure) }
        // Chunks that arrive together have no gap: four decades below the largest, everything is at the edge.
        let most = samples.map { $0.quantile(1) }.max() ?? 1
        let ends = samples.flatMap { [$0.values.first { $0 >= most / 1e4 } ?? most, $0.quantile(1)] }
        var chart = Chart(
            x: Axis("milliseconds", ends, isLogarithmic: true), y: Axis("share", upTo: 1),
            summary: "\(measure.title): cumulative distribution")
        for (index, sample) in samples.enumerated() where !sample.isEmpty {
            let steps = min(400, max(2, sample.values.count))
            let points = (0...steps).map { step in
                let share = Double(step) / Double(steps)
                return (x: sample.quantile(share), y: share)
            }
            let text =
                "\(name(runs[index])): p50 \(NumberText.short(sample.quantile(0.5))) ms,"
                + " p99 \(NumberText.short(sample.quantile(0.99))) ms"
            chart.line(points, series: look(index).series, dash: look(index).dash, title: text)
        }
        return chart.svg
    }

    // MARK: - Sweeps

    private var hasSweep: Bool { runs.count > 1 && runs.contains { $0.load != nil } }

    private var sweeps: String {
        let entries = series.indices.map { ((series: $0, dash: 0), series[$0]) }
        let charts = loadKinds.map { isRate in
            "<figure><figcaption>Time to first token against \(isRate ? "the rate of arrivals" : "requests at once")"
                + "</figcaption>\n\(timeToFirstToken(isRate: isRate))\n</figure>"
        }
        return """
            <h2>What load does</h2>
            <p>Time to first token: the median as a line and the 99th percentile dashed, with 95 % intervals. Throughput:
            output of the whole server against what one request waits; lower and further right is better.</p>
            \(legend(entries))
            <div class="grid2">
            \(charts.joined(separator: "\n"))
            <figure><figcaption>Throughput and latency</figcaption>
            \(frontier)
            </figure>
            </div>
            """
    }

    /// Arrivals per second and users at once are no points of one axis.
    private var loadKinds: [Bool] { [true, false].filter { isRate in runs.contains { $0.load?.isRate == isRate } } }

    /// A series' runs with one kind of load, in its order.
    private func points(_ name: String, isRate: Bool) -> [ReportedRun] {
        runs.filter { $0.label == name && $0.load?.isRate == isRate }
            .sorted { ($0.load?.value ?? 0) < ($1.load?.value ?? 0) }
    }

    private func timeToFirstToken(isRate: Bool) -> String {
        let shown = runs.filter { $0.load?.isRate == isRate }
        let loads = shown.compactMap { $0.load?.value }
        let values = shown.flatMap { [$0.sample(.ttft).quantile(0.5), $0.sample(.ttft).quantile(0.99)] }
        var chart = Chart(
            x: Axis(isRate ? "requests per second" : "requests at once", loads),
            y: Axis("milliseconds", values, isLogarithmic: true),
            summary: "Time to first token against " + (isRate ? "the rate of arrivals" : "requests at once"))
        for (index, label) in series.enumerated() {
            for (dash, (share, key)) in [(0.5, "p50"), (0.99, "p99")].enumerated() {
                let runs = points(label, isRate: isRate)
                let line = runs.map { (x: $0.load?.value ?? 0, y: $0.sample(.ttft).quantile(share)) }
                chart.line(line, series: index, dash: dash, title: "\(label), \(key)")
                for (run, point) in zip(runs, line) {
                    if let interval = run.intervals["\(key)_ttft_ms"] {
                        chart.whisker(x: point.x, low: interval.low, high: interval.high, series: index)
                    }
                    let text = "\(label), \(run.loadText): \(key) \(NumberText.short(point.y)) ms"
                    chart.point(point, series: index, title: text)
                }
            }
        }
        return chart.svg
    }

    private var frontier: String {
        var chart = Chart(
            x: Axis("output tokens per second, all requests", runs.map(\.outputThroughput)),
            y: Axis("median end-to-end latency, ms", runs.map { $0.sample(.e2el).quantile(0.5) }, isLogarithmic: true),
            summary: "Output tokens per second against the median end-to-end latency")
        for (index, label) in series.enumerated() {
            for (dash, isRate) in loadKinds.enumerated() {
                let runs = points(label, isRate: isRate)
                let line = runs.map { (x: $0.outputThroughput, y: $0.sample(.e2el).quantile(0.5)) }
                chart.line(line, series: index, dash: dash, title: label)
                for (run, point) in zip(runs, line) {
                    let text =
                        "\(label), \(run.loadText): \(NumberText.short(point.x)) tokens/s,"
                        + " \(NumberText.short(point.y)) ms"
                    let load = run.load.map { NumberText.short($0.value) + (isRate && loadKinds.count > 1 ? "/s" : "") }
                    chart.point(point, series: index, label: load, title: text)
                }
            }
        }
        return chart.svg
    }

    // MARK: - Timelines

    private var timelines: String {
        let figures = runs.map { run in
            "<figure><figcaption>\(HTML.escape(name(run)))</figcaption>\n\(Timeline(run).svg)\n</figure>"
        }
        return """
            <h2>Every request</h2>
            <p>One line per request from the top, in the order of the schedule: grey until it was sent, strong until its
            first token, pale until its last, red if it failed or was given up.</p>
            <div class="grid2">
            \(figures.joined(separator: "\n"))
            </div>
            """
    }

    private func legend(_ entries: [((series: Int, dash: Int), String)]) -> String {
        let items = entries.map { look, name in
            "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"line s\(look.series % 8) d\(look.dash % 6)\""
                + " d=\"M0 5H28\"/></svg>\(HTML.escape(name))</li>"
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }
}
