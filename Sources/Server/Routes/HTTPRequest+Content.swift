// HTTPRequest+Content.swift — what a request says that its body is.
// Server › Routes.

import Network

extension HTTPRequest {
    /// `application/json`, whatever its parameters.
    var hasJSONContent: Bool {
        let type = headers["content-type"]?.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        return type.lowercased().filter { $0 != " " && $0 != "\t" } == "application/json"
    }
}
