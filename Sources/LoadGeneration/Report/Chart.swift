// Chart.swift — a plot as inline SVG: axes, lines, points, whiskers, bars.
// LoadGeneration › Report.  Colours are classes (`s0` …), so that the page's style turns them for dark mode and print; a
// line also has a dash pattern, for readers and printers without colour.

struct Chart {
    static let width = 560.0
    private let height: Double
    private let x: Axis
    private let y: Axis
    private var marks = ""
    /// What a reader who cannot see it is told.
    private let summary: String

    init(x: Axis, y: Axis, height: Double = 300, summary: String) {
        self.height = height
        self.summary = summary
        var x = x
        var y = y
        (x.start, x.end) = (58, Self.width - 14)
        (y.start, y.end) = (height - 44, 12)
        self.x = x
        self.y = y
    }

    // MARK: - Marks

    mutating func line(_ points: [(x: Double, y: Double)], series: Int, dash: Int = 0, title: String) {
        guard points.count > 1 else { return }
        let path = points.map { "\(place($0.x, x)),\(place($0.y, y))" }.joined(separator: " ")
        marks += "<polyline class=\"line s\(series % 8) d\(dash % 6)\" points=\"\(path)\">\(tip(title))</polyline>\n"
    }

    mutating func point(_ at: (x: Double, y: Double), series: Int, label: String? = nil, title: String) {
        marks +=
            "<circle class=\"dot s\(series % 8)\" cx=\"\(place(at.x, x))\" cy=\"\(place(at.y, y))\" r=\"4\">"
            + "\(tip(title))</circle>\n"
        if let label {
            // To the left of its point where the right has no room.
            let isRight = x.pixel(at.x) < Self.width - 80
            let shift = isRight ? 7.0 : -7.0
            marks +=
                "<text class=\"label\" x=\"\(NumberText.coordinate(x.pixel(at.x) + shift))\""
                + " y=\"\(NumberText.coordinate(y.pixel(at.y) - 6))\""
                + " text-anchor=\"\(isRight ? "start" : "end")\">\(HTML.escape(label))</text>\n"
        }
    }

    /// An interval of y.
    mutating func whisker(x value: Double, low: Double, high: Double, series: Int) {
        marks +=
            "<path class=\"whisker s\(series % 8)\""
            + " d=\"M\(place(value, x)) \(place(low, y))V\(place(high, y))\"/>\n"
    }

    /// A horizontal bar, one pixel at least.
    mutating func bar(from start: Double, to end: Double, top: Double, height: Double, kind: String, title: String) {
        let left = x.pixel(start)
        let width = max(1, x.pixel(end) - left)
        marks +=
            "<rect class=\"\(kind)\" x=\"\(NumberText.coordinate(left))\" y=\"\(place(top, y))\""
            + " width=\"\(NumberText.coordinate(width))\" height=\"\(NumberText.coordinate(height))\">\(tip(title))</rect>\n"
    }

    /// Pixels that one unit of y takes.
    var unitHeight: Double { abs(y.pixel(1) - y.pixel(0)) }

    // MARK: - The whole

    var svg: String {
        var grid = ""
        for tick in y.ticks where y.showsValues {
            let at = place(tick, y)
            grid +=
                "<path class=\"grid\" d=\"M\(NumberText.coordinate(x.start)) \(at)H\(NumberText.coordinate(x.end))\"/>"
                + "<text class=\"tick\" x=\"\(NumberText.coordinate(x.start - 6))\" y=\"\(at)\" dy=\"0.32em\""
                + " text-anchor=\"end\">\(NumberText.short(tick))</text>\n"
        }
        for tick in x.ticks {
            let at = place(tick, x)
            grid +=
                "<path class=\"grid\" d=\"M\(at) \(NumberText.coordinate(y.start))V\(NumberText.coordinate(y.end))\"/>"
                + "<text class=\"tick\" x=\"\(at)\" y=\"\(NumberText.coordinate(y.start + 16))\""
                + " text-anchor=\"middle\">\(NumberText.short(tick))</text>\n"
        }
        let middle = NumberText.coordinate((y.start + y.end) / 2)
        return """
            <svg viewBox="0 0 \(NumberText.coordinate(Self.width)) \(NumberText.coordinate(height))" role="img" \
            aria-label="\(HTML.escape(summary))">
            \(grid)\(marks)<text class="axis" x="\(NumberText.coordinate((x.start + x.end) / 2))" \
            y="\(NumberText.coordinate(height - 8))" text-anchor="middle">\(HTML.escape(x.title))</text>
            <text class="axis" transform="rotate(-90)" x="-\(middle)" y="13" \
            text-anchor="middle">\(HTML.escape(y.title))</text>
            </svg>
            """
    }

    private func place(_ value: Double, _ axis: Axis) -> String { NumberText.coordinate(axis.pixel(value)) }

    private func tip(_ text: String) -> String { "<title>\(HTML.escape(text))</title>" }
}
