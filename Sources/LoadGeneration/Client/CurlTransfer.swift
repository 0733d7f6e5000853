// CurlTransfer.swift — one request and its response inside libcurl.
// LoadGeneration › Client.

import CLibCurl
package import Network

/// A running transfer. Its memory is libcurl's to use until `CurlClient` has taken the handle back.
@EventLoop package final class CurlTransfer {
    /// The response's status and a piece of its body, valid during the call only.
    package typealias OnBytes = @EventLoop (_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    /// The status (0 without a response), and what kept the response from being whole.
    package typealias OnEnd = @EventLoop (_ status: Int, _ error: TransferError?) -> Void

    let easy: UnsafeMutableRawPointer
    var isCancelled = false
    private(set) var isReceiving = false
    private let request: ClientRequest
    private let onBytes: OnBytes
    let onEnd: OnEnd
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// libcurl reads the body from here, and writes its error text there.
    private let body: UnsafeMutableBufferPointer<UInt8>
    private let errorText: UnsafeMutablePointer<CChar>

    init(
        _ easy: UnsafeMutableRawPointer, _ request: ClientRequest, onBytes: @escaping OnBytes, onEnd: @escaping OnEnd
    ) {
        self.easy = easy
        self.request = request
        self.onBytes = onBytes
        self.onEnd = onEnd
        body = .allocate(capacity: request.body?.count ?? 0)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setUp()
    }

    private func setUp() {
        swiftlet_curl_set_string(easy, CURLOPT_URL, request.url)
        swiftlet_curl_set_string(easy, CURLOPT_PROXY, "")
        swiftlet_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // One connection per stream: several streams in one would wait for each other.
        swiftlet_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        swiftlet_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        swiftlet_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(min(max(request.timeoutSeconds, 0.001), 1e9) * 1000))
        swiftlet_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        swiftlet_curl_set_write(easy, curlReceived, Unmanaged.passUnretained(self).toOpaque())
        // `Expect: 100-continue` would add a round trip to large prompts.
        for header in request.headers + ["Expect:"] {
            // Nil is lack of memory: the old list stays valid.
            headers = curl_slist_append(headers, header) ?? headers
        }
        swiftlet_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
        guard let bytes = request.body else { return }
        _ = body.initialize(from: bytes)
        swiftlet_curl_set_long(easy, CURLOPT_POST, 1)
        swiftlet_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        swiftlet_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
    }

    /// - Returns: whether libcurl should go on.
    func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var status = 0
        swiftlet_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        isReceiving = true
        onBytes(status, bytes)
        isReceiving = false
        return !isCancelled
    }

    /// After libcurl has given the handle back.
    func release() {
        curl_slist_free_all(headers)
        headers = nil
        body.deallocate()
        errorText.deallocate()
    }

    /// What a result of libcurl's means here; nil for success. Before `release`.
    func error(_ result: CURLcode) -> TransferError? {
        if isCancelled { return .cancelled }
        let own = String(cString: errorText)
        let text = own.isEmpty ? String(cString: curl_easy_strerror(result)) : own
        return switch result {
        case CURLE_OK: nil
        case CURLE_OPERATION_TIMEDOUT: .timedOut(seconds: request.timeoutSeconds)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: .cannotConnect(text)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL(request.url)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .connectionLost(text)
        default: .other(text)
        }
    }
}

/// Called inside libcurl, which is called on the loop.
private func curlReceived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let owner else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(owner).takeUnretainedValue()
    var goesOn = false
    // Used up before this call returns.
    nonisolated(unsafe) let received = UnsafeRawBufferPointer(start: bytes, count: count)
    EventLoop.callback { goesOn = transfer.received(received) }
    return goesOn ? count : 0
}
