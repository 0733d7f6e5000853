// Hub.swift — the model hub's HTTP interface: where things are, who may be asked, with which token.
// Download.  Routes of the Hugging Face hub; a mirror has the same ones under another address.

import CLibCurl
import Glibc

/// A hub and the token for it.
final class Hub {
    private let client: HTTPClient
    /// Without a slash at the end.
    private let endpoint: String
    private let origin: Origin
    private let token: String?

    static let redirectLimit = 5

    /// - Parameter token: sent to the endpoint's own scheme, host and port, and to nobody else.
    init(endpoint: String, token: String?) throws(DownloadError) {
        var endpoint = endpoint
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        guard let origin = Origin(endpoint), origin.isWeb, !endpoint.utf8.contains(where: { "?#@ ".utf8.contains($0) })
        else { throw .invalidEndpoint(endpoint) }
        // Anything else could smuggle in a header of its own.
        if let token, !token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            throw .library("HF_TOKEN has a blank or another character that no token has")
        }
        self.endpoint = endpoint
        self.origin = origin
        self.token = token
        client = try HTTPClient()
    }

    var hasToken: Bool { token != nil }

    /// All files of a revision, page by page.
    func files(of repository: Repository) throws(DownloadError) -> [RemoteFile] {
        let revision = RemotePath.percentEncoded(repository.revision, keepingSlashes: false)
        var next: String? = "\(endpoint)/api/models/\(repository.id)/tree/\(revision)?recursive=true"
        var files: [RemoteFile] = []
        var seen = Set<[UInt8]>()
        var pageCount = 0
        while let url = next {
            guard Origin(url) == origin else { throw .malformedListing(url: url, reason: "its next page is elsewhere") }
            let page = PageSink(url: url)
            let head = try checked(try get(url, into: page), url: url, repository: repository)
            for file in try RepositoryListing.parse(page.bytes, url: url) {
                guard seen.insert(Array(file.path.utf8)).inserted else {
                    throw .malformedListing(url: url, reason: "\(file.path) is listed twice")
                }
                files.append(file)
            }
            // Empty pages could go on for ever.
            pageCount += 1
            guard files.count <= ListingLimit.files, pageCount <= ListingLimit.pages else {
                throw .tooManyFiles(limit: ListingLimit.files)
            }
            next = head.nextPage
        }
        return files
    }

    func url(of file: RemoteFile, in repository: Repository) -> String {
        let revision = RemotePath.percentEncoded(repository.revision, keepingSlashes: false)
        return "\(endpoint)/\(repository.id)/resolve/\(revision)/"
            + RemotePath.percentEncoded(file.path, keepingSlashes: true)
    }

    /// As `get`, with every answer but 200, 206 and 416 (nothing left of the range asked for) as an error.
    func checked(
        _ head: ResponseHead, url: String, repository: Repository
    ) throws(DownloadError) -> ResponseHead {
        switch head.status {
        case 200, 206, 416: return head
        case 401, 403: throw .unauthorized(status: head.status, repository: repository.id, hasToken: hasToken)
        case 404: throw .notFound(url: url)
        default: throw .refused(status: head.status, url: url, retryAfter: head.retryAfter)
        }
    }

    /// Fetches `url` and follows redirects to http and https; the token goes along only within the endpoint's origin.
    func get(_ url: String, headers: [String] = [], into sink: any ResponseSink) throws(DownloadError) -> ResponseHead {
        var url = url
        for _ in 0...Hub.redirectLimit {
            guard let place = Origin(url) else { throw .network(url: url, reason: "not a URL") }
            var sent = headers
            if let token, place == origin { sent.append("Authorization: Bearer \(token)") }
            let head = try get(once: url, headers: sent, into: sink)
            guard head.isRedirect, let next = head.redirectURL else { return head }
            guard let target = Origin(next), target.isWeb, !(place.isSecure && !target.isSecure) else {
                throw .forbiddenRedirect(from: url, to: next)
            }
            url = next
        }
        throw .tooManyRedirects(url: url)
    }

    private func get(
        once url: String, headers: [String], into sink: any ResponseSink
    ) throws(DownloadError) -> ResponseHead {
        do {
            return try client.get(url, headers: headers, into: sink)
        } catch let error as DownloadError {
            throw error
        } catch HTTPClient.Interruption.passing(let reason) {
            throw .interrupted(url: Hub.withoutQuery(url), reason: reason)
        } catch HTTPClient.Interruption.lasting(let reason) {
            throw .network(url: Hub.withoutQuery(url), reason: reason)
        } catch {
            throw .network(url: Hub.withoutQuery(url), reason: "\(error)")
        }
    }

    /// A signed URL's query is a key to the file, and hundreds of characters long.
    private static func withoutQuery(_ url: String) -> String { String(url.prefix { $0 != "?" }) }
}

/// Scheme, host and port: who is asked.
struct Origin: Equatable {
    private let scheme: String
    private let host: String
    private let port: String

    /// Nil for what is no absolute URL.
    init?(_ url: String) {
        guard let parsed = curl_url() else { return nil }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else {
            return nil
        }
        func part(_ which: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parsed, which, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
                return nil
            }
            defer { curl_free(text) }
            return String(cString: text).lowercased()
        }
        guard let scheme = part(CURLUPART_SCHEME) else { return nil }
        self.scheme = scheme
        host = part(CURLUPART_HOST) ?? ""
        port = part(CURLUPART_PORT) ?? ""
    }

    var isWeb: Bool { (scheme == "http" || scheme == "https") && !host.isEmpty }
    var isSecure: Bool { scheme == "https" }
}

/// Collects a page of the list in memory.
private final class PageSink: ResponseSink {
    private(set) var bytes: [UInt8] = []
    private let url: String

    init(url: String) { self.url = url }

    func begin(_ head: ResponseHead) { bytes.removeAll() }

    func append(_ more: UnsafeRawBufferPointer) throws(DownloadError) {
        guard bytes.count + more.count <= ListingLimit.pageBytes else {
            throw .malformedListing(url: url, reason: "it is larger than \(ListingLimit.pageBytes) bytes")
        }
        bytes.append(contentsOf: more)
    }
}
