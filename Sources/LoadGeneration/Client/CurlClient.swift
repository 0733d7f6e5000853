// CurlClient.swift — many HTTP transfers at once on the event loop's thread.
// LoadGeneration › Client.  libcurl's multi_socket interface: libcurl names the sockets and the deadline, the loop
// watches them and calls back (curl.se/libcurl/c/libcurl-multi.html).

import CLibCurl
package import Network

/// Sends requests over kept-alive HTTP/1.1 connections, one per running transfer.
///
/// Proxies named in the environment are not used: a load generator measures the server.
@EventLoop package final class CurlClient {
    private let multi: UnsafeMutableRawPointer
    private var watchers: [curl_socket_t: DescriptorWatcher] = [:]
    private var timer: DeadlineTimer?
    private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    /// Handles of finished transfers, kept for the next.
    private var idle: [UnsafeMutableRawPointer] = []

    /// - Parameter maxConnections: how many connections stay open between transfers; more are opened when needed.
    package init(maxConnections: Int) throws(TransferError) {
        // Counts its calls itself; libcurl asks for one before anything else.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw .other("libcurl does not start")
        }
        self.multi = multi
        // Above the sockets: files, the loop's own, a few of libcurl's.
        DescriptorLimit.raise(toAtLeast: maxConnections + 256)
        swiftlet_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(8, maxConnections))
        swiftlet_curl_multi_set_callbacks(
            multi, curlSocketChanged, curlTimerChanged, Unmanaged.passUnretained(self).toOpaque())
        timer = DeadlineTimer { [weak self] in self?.act(on: CURL_SOCKET_BAD, flags: 0) }
    }

    isolated deinit {
        // libcurl tells of every socket it closes, and there is nobody left to hear it.
        swiftlet_curl_multi_set_callbacks(multi, nil, nil, nil)
        for (easy, transfer) in running {
            curl_multi_remove_handle(multi, easy)
            transfer.release()
            curl_easy_cleanup(easy)
        }
        for easy in idle { curl_easy_cleanup(easy) }
        curl_multi_cleanup(multi)
        for watcher in watchers.values { watcher.stop() }
    }

    package var runningCount: Int { running.count }

    /// Sends `request`. `onBytes` gets the response's body as it arrives, with its status; `onEnd` is called once, never
    /// before `start` returns.
    ///
    /// `onBytes` must not start another transfer: libcurl is inside its own call then. It may cancel this one.
    @discardableResult
    package func start(
        _ request: ClientRequest, onBytes: @escaping CurlTransfer.OnBytes, onEnd: @escaping CurlTransfer.OnEnd
    ) -> CurlTransfer {
        let easy = idle.popLast() ?? curl_easy_init()
        guard let easy else { preconditionFailure("libcurl has no memory for a transfer") }
        let transfer = CurlTransfer(easy, request, onBytes: onBytes, onEnd: onEnd)
        running[easy] = transfer
        let code = curl_multi_add_handle(multi, easy)
        precondition(code == CURLM_OK, "libcurl refuses a transfer that was set up: \(code.rawValue)")
        return transfer
    }

    /// Ends a transfer now; its `onEnd` hears `.cancelled`. Does nothing after its end.
    package func cancel(_ transfer: CurlTransfer) {
        guard running[transfer.easy] === transfer, !transfer.isCancelled else { return }
        transfer.isCancelled = true
        // From inside `onBytes` libcurl must not be called: the transfer's callback stops it then.
        if !transfer.isReceiving { finish(transfer.easy, CURLE_OK) }
    }

    // MARK: - libcurl's wishes

    func watch(_ socket: curl_socket_t, _ wish: Int32) {
        guard wish != CURL_POLL_REMOVE else {
            watchers.removeValue(forKey: socket)?.stop()
            return
        }
        var events: DescriptorWatcher.Readiness = []
        if wish & CURL_POLL_IN != 0 { events.insert(.readable) }
        if wish & CURL_POLL_OUT != 0 { events.insert(.writable) }
        if watchers[socket] == nil {
            // A socket that cannot be watched makes no progress, and the transfer's own timeout reports it.
            watchers[socket] = try? DescriptorWatcher(descriptor: socket) { [weak self] readiness in
                var flags: Int32 = 0
                if readiness.contains(.readable) { flags |= CURL_CSELECT_IN }
                if readiness.contains(.writable) { flags |= CURL_CSELECT_OUT }
                if readiness.contains(.failed) { flags |= CURL_CSELECT_ERR }
                self?.act(on: socket, flags: flags)
            }
        }
        watchers[socket]?.watch(events)
    }

    func setTimer(milliseconds: Int) {
        if milliseconds < 0 {
            timer?.cancel()
        } else {
            timer?.start(after: .milliseconds(milliseconds))
        }
    }

    private func act(on socket: curl_socket_t, flags: Int32) {
        var count: Int32 = 0
        curl_multi_socket_action(multi, socket, flags, &count)
        var result = CURLE_OK
        // Ends are told outside libcurl's calls, so that `onEnd` may start the next transfer.
        while let easy = swiftlet_curl_finished(multi, &result) { finish(easy, result) }
    }

    private func finish(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let transfer = running.removeValue(forKey: easy) else { return }
        var status = 0
        swiftlet_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        let error = transfer.error(result)
        curl_multi_remove_handle(multi, easy)
        transfer.release()
        // Options go, connections and resolved names stay.
        curl_easy_reset(easy)
        idle.append(easy)
        transfer.onEnd(status, error)
    }
}

/// Called inside libcurl, which is called on the loop.
private func curlSocketChanged(
    _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ wish: Int32, _ owner: UnsafeMutableRawPointer?,
    _ own: UnsafeMutableRawPointer?
) -> Int32 {
    guard let owner else { return 0 }
    let client = Unmanaged<CurlClient>.fromOpaque(owner).takeUnretainedValue()
    EventLoop.callback { client.watch(socket, wish) }
    return 0
}

private func curlTimerChanged(
    _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let owner else { return 0 }
    let client = Unmanaged<CurlClient>.fromOpaque(owner).takeUnretainedValue()
    EventLoop.callback { client.setTimer(milliseconds: milliseconds) }
    return 0
}
