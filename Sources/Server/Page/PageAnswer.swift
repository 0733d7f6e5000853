// PageAnswer.swift — one file of the page as a response.
// Server › Page.

import Network

extension Responder {
    /// The file, or 304 where the client has it already.
    /// - Throws: 404 where the program has lost its page.
    func respond(_ file: PageFile, of page: StaticPage?, _ request: HTTPRequest) throws(APIError) {
        guard let entry = page?[file] else { throw .noPage }
        extraHeaders += StaticPage.headers + [("etag", entry.tag)]
        let isKnown = StaticPage.matches(request.headers["if-none-match"], tag: entry.tag)
        respond(status: isKnown ? 304 : 200, contentType: file.contentType, body: isKnown ? [] : entry.bytes)
    }
}

extension APIError {
    static let noPage = APIError(
        404, .invalidRequest, "The page's files are not beside this program: build it again, or copy them with it.",
        code: "no_page")
}
