// Timeline.swift — a run's requests as bars over time.
// LoadGeneration › Report.

struct Timeline {
    /// More lines than this would be thinner than a pixel.
    static let lineLimit = 300

    private let run: ReportedRun

    init(_ run: ReportedRun) { self.run = run }

    /// Every request, or evenly chosen ones of many.
    private var shown: [ReportedRun.Request] {
        let all = run.requests.sorted { $0.start < $1.start }
        guard all.count > Self.lineLimit else { return all }
        return (0..<Self.lineLimit).map { all[$0 * all.count / Self.lineLimit] }
    }

    var svg: String {
        let requests = shown
        let last = requests.map { $0.start + max($0.end, $0.lateness) }.max() ?? 1
        let count = Double(max(1, requests.count))
        var order = Axis("requests, the first at the top", upTo: count)
        order.showsValues = false
        var chart = Chart(
            x: Axis("seconds", [last]), y: order, height: 320,
            summary: "When each request was sent, had its first token and ended")
        let height = max(0.8, chart.unitHeight * 0.8)
        for (index, request) in requests.enumerated() {
            let top = count - Double(index)
            let text =
                "request \(index + 1): first token after \(NumberText.short(request.firstToken * 1000)) ms,"
                + " end after \(NumberText.short(request.end * 1000)) ms"
            func bar(_ from: Double, _ to: Double, _ kind: String) {
                guard to > from else { return }
                chart.bar(
                    from: request.start + from, to: request.start + to, top: top, height: height, kind: kind,
                    title: text)
            }
            if request.failed {
                bar(0, max(request.end, request.lateness, last / 500), "bad")
                continue
            }
            bar(0, request.lateness, "wait")
            bar(request.lateness, request.firstToken, "first")
            bar(request.firstToken, request.end, "rest")
        }
        return chart.svg
    }
}
