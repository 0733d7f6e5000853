// Response.swift — one answer as it comes in, good or bad.
// LoadGeneration › Driver.

import Base
import Network

@EventLoop final class Response {
    var stream = CompletionStream()
    /// After so many chunks the request is cancelled; nil waits for the end.
    let giveUpAfter: Int?
    private var errorBody: [UInt8] = []

    init(giveUpAfter: Int?) { self.giveUpAfter = giveUpAfter }

    /// Enough of an error's body to quote it.
    func collectError(_ bytes: UnsafeRawBufferPointer) {
        errorBody.append(contentsOf: bytes.prefix(max(0, 4096 - errorBody.count)))
    }

    func outcome(status: Int, _ error: TransferError?) -> RequestRecord.Outcome {
        // What ends after its end was whole: some servers reset the connection then.
        if status == 200, stream.isComplete, error != .cancelled { return .completed }
        switch error {
        case .cancelled?: return .cancelled
        case .timedOut?: return .failed(.timeout)
        case .connectionLost? where status == 200: return .failed(.truncated)
        case let error?: return .failed(.connection("\(error)"))
        case nil: break
        }
        guard status == 200 else { return .failed(.status(status, message: errorMessage)) }
        if let message = stream.errorMessage { return .failed(.streamError(message)) }
        return .failed(stream.isMalformed ? .malformed : .truncated)
    }

    /// OpenAI's `error.message`, or the body's beginning.
    private var errorMessage: String {
        if let message = (try? JSON.parse(errorBody))?["error"]?["message"]?.string { return message }
        return String(decoding: errorBody.prefix(200), as: UTF8.self)
    }
}
