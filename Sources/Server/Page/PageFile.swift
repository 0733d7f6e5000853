// PageFile.swift — the files of the web page: a fixed table of paths, names and types.
// Server › Page.  A path of a request is only ever compared with these; no file name is made from it.

/// One file of the page. The raw value is the path that it is served at.
package enum PageFile: String, CaseIterable, Sendable {
    case document = "/"
    case style = "/page/style.css"
    case main = "/page/main.js"
    case ask = "/page/ask.js"
    case answer = "/page/answer.js"
    case note = "/page/note.js"
    case chat = "/page/chat.js"
    case complete = "/page/complete.js"
    case generation = "/page/generation.js"
    case parameters = "/page/parameters.js"
    case tokens = "/page/tokens.js"
    case timings = "/page/timings.js"
    case engine = "/page/engine.js"
    case blocks = "/page/blocks.js"
    case charts = "/page/charts.js"
    case api = "/page/api.js"
    case dom = "/page/dom.js"

    /// Its name in the folder.
    package var name: String { self == .document ? "index.html" : String(rawValue.dropFirst("/page/".count)) }

    package var contentType: String {
        switch self {
        case .document: "text/html; charset=utf-8"
        case .style: "text/css; charset=utf-8"
        default: "text/javascript; charset=utf-8"
        }
    }
}
