// HTML.swift — text made safe for a page, and the page's style.
// LoadGeneration › Report.

enum HTML {
    /// For text and for attributes in double quotes.
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // Control characters have no place in a page, not even escaped.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Colours by role. Dark is its own set, not the light one inverted; print is always light.
    static let style = """
        :root { color-scheme: light dark; --page: #fcfcfb; --ink: #0b0b0b; --soft: #52514e; --line: #e1e0d9;
          --s0: #2a78d6; --s1: #d2521c; --s2: #12855c; --s3: #4a3aa7; --s4: #c93434; --s5: #946400; --s6: #b8487a; --s7: #006b00;
          --wait: #b5b3aa; --first: #2a78d6; --rest: #8fbdf0; --bad: #c93434; }
        @media (prefers-color-scheme: dark) { :root { --page: #1a1a19; --ink: #ffffff; --soft: #c3c2b7; --line: #383835;
          --s0: #5a9fee; --s1: #ef8455; --s2: #35bd8b; --s3: #a79df0; --s4: #ee7a7a; --s5: #e0a832; --s6: #e886ad; --s7: #59b959;
          --wait: #6d6b64; --first: #5a9fee; --rest: #2b5688; --bad: #ee7a7a; } }
        @media print { :root { color-scheme: light; --page: #ffffff; --ink: #000000; --soft: #444444; --line: #d0d0d0;
          --s0: #2a78d6; --s1: #d2521c; --s2: #12855c; --s3: #4a3aa7; --s4: #c93434; --s5: #946400; --s6: #b8487a; --s7: #006b00;
          --wait: #b5b3aa; --first: #2a78d6; --rest: #8fbdf0; --bad: #c93434; } }
        body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; max-width: 1180px;
          margin: 0 auto; padding: 24px; }
        h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 32px 0 4px; }
        p { color: var(--soft); margin: 0 0 12px; max-width: 75ch; }
        .grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 16px; }
        figure { margin: 0; } figcaption { font-weight: 600; }
        .scroll { overflow-x: auto; }
        table { font-size: 13px; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 4px 9px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; } th { color: var(--soft); font-weight: 600; }
        ul.legend { list-style: none; padding: 0; margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); }
        ul.legend svg { width: 28px; height: 10px; margin-right: 6px; vertical-align: middle; }
        figure svg { width: 100%; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
        svg text.axis { font-weight: 600; } svg text.label { fill: var(--ink); }
        .grid { stroke: var(--line); stroke-width: 1; fill: none; }
        .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
        .whisker { stroke: var(--c); stroke-width: 1.5; opacity: 0.6; fill: none; }
        .dot { fill: var(--c); stroke: var(--page); stroke-width: 1.5; }
        .d1 { stroke-dasharray: 7 4; } .d2 { stroke-dasharray: 2 3; } .d3 { stroke-dasharray: 8 3 2 3; }
        .d4 { stroke-dasharray: 12 3; } .d5 { stroke-dasharray: 8 3 2 3 2 3; }
        .s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); }
        .s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); } .s7 { --c: var(--s7); }
        @media print { * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { max-width: none; padding: 0; font-size: 11px; } .grid2 { grid-template-columns: 1fr 1fr; }
          .scroll { overflow: visible; } table { font-size: 9px; width: 100%; } th, td { padding: 2px 4px; white-space: normal; }
          figure, tr { break-inside: avoid; } h2, p, ul { break-after: avoid; } }
        .wait { fill: var(--wait); } .first { fill: var(--first); } .rest { fill: var(--rest); } .bad { fill: var(--bad); }
        """
}
