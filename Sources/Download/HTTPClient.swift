// HTTPClient.swift — one GET at a time over libcurl, body handed on as it arrives.
// Download.  Redirects are not followed here: Hub decides about each (which host, with or without the token).

import CLibCurl
import Glibc

/// Receives the body of an answer with status 200 or 206. An error thrown ends the transfer.
protocol ResponseSink: AnyObject {
    /// Once, before the body.
    func begin(_ head: ResponseHead) throws(DownloadError)
    func append(_ bytes: UnsafeRawBufferPointer) throws(DownloadError)
}

/// Keeps its connection open from one request to the next.
final class HTTPClient {
    private let handle: UnsafeMutableRawPointer
    /// The library writes its own words about a failure here.
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// How a transfer ended that the server did not end properly.
    enum Interruption: Error {
        /// Trying again may help: the connection was cut, refused, or too slow.
        case passing(String)
        case lasting(String)
    }

    init() throws(DownloadError) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_easy_init() else {
            throw .library("cannot be started")
        }
        self.handle = handle
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let longs: [(CURLoption, Int)] = [
            (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_HTTPGET, 1), (CURLOPT_NOSIGNAL, 1), (CURLOPT_NETRC, 0),
            (CURLOPT_CONNECTTIMEOUT, 30), (CURLOPT_BUFFERSIZE, 256 << 10),
            // Slower than 100 bytes a second for a minute counts as broken.
            (CURLOPT_LOW_SPEED_LIMIT, 100), (CURLOPT_LOW_SPEED_TIME, 60),
        ]
        for (option, value) in longs { swiftlet_curl_set_long(handle, option, value) }
        swiftlet_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        swiftlet_curl_set_string(handle, CURLOPT_USERAGENT, "swiftlet")
        swiftlet_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, message)
        swiftlet_curl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            HTTPClient.transfer(context).receive(header: bytes, size * count)
        }
        swiftlet_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            HTTPClient.transfer(context).receive(body: bytes, size * count)
        }
    }

    deinit {
        curl_easy_cleanup(handle)
        message.deallocate()
    }

    /// Fetches `url`. The body goes to `sink` if the status is 200 or 206, and nowhere otherwise.
    /// - Throws: `Interruption`, or the `DownloadError` that the sink threw.
    func get(_ url: String, headers: [String], into sink: any ResponseSink) throws -> ResponseHead {
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for header in headers { list = curl_slist_append(list, header) ?? list }
        let transfer = Transfer(sink)
        message[0] = 0
        swiftlet_curl_set_string(handle, CURLOPT_URL, url)
        swiftlet_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        swiftlet_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        swiftlet_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        let code = withExtendedLifetime(transfer) { curl_easy_perform(handle) }
        // The list goes out of scope, and the handle stays.
        swiftlet_curl_set_pointer(handle, CURLOPT_HTTPHEADER, nil)
        if let failure = transfer.failure { throw failure }
        // An error page that was cut short still has its status.
        if code != CURLE_OK && (transfer.head.isSuccess || transfer.head.status == 0) { throw interruption(code) }
        try transfer.beginOnce()
        transfer.head.redirectURL = swiftlet_curl_redirect_url(handle).map { String(cString: $0) }
        return transfer.head
    }

    private func interruption(_ code: CURLcode) -> Interruption {
        let words = message[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
        switch code {
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_OPERATION_TIMEDOUT,
            CURLE_COULDNT_CONNECT, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return .passing(words)
        default: return .lasting(words)
        }
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }
}

/// What the callbacks of one request share.
private final class Transfer {
    var head = ResponseHead()
    private(set) var failure: DownloadError?
    private let sink: any ResponseSink
    private var hasBegun = false
    private var ignoredCount = 0

    init(_ sink: any ResponseSink) { self.sink = sink }

    func receive(header bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let raw = UnsafeRawBufferPointer(start: bytes, count: count)
        head.append(line: String(decoding: raw, as: UTF8.self))
        return count
    }

    /// - Returns: `count`, or something else to end the transfer.
    func receive(body bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard head.isSuccess else {
            // The text of an error is of no use; a short one is read so that the connection can be used again.
            ignoredCount += count
            return ignoredCount <= 1 << 16 ? count : 0
        }
        do throws(DownloadError) {
            try beginOnce()
            try sink.append(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        } catch {
            failure = error
            return count == 0 ? 1 : 0
        }
    }

    /// Tells the sink what is coming; an empty body has no other occasion than the end.
    func beginOnce() throws(DownloadError) {
        guard head.isSuccess, !hasBegun else { return }
        hasBegun = true
        try sink.begin(head)
    }
}
