// APIError.swift — everything that can go wrong, as a client sees it: the one place where errors become HTTP.
// Server › OpenAI.  Shape: OpenAI's `{"error": {message, type, param, code}}`, all four keys, `code` a string or null.

package import Base
package import Engine
package import Limiting
package import Sampling

/// An answer that is an error. The named cases are the static members below.
package struct APIError: Error, Equatable, Sendable {
    /// OpenAI's coarse classes.
    package enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case server = "server_error"
        /// What a limit is on, where one is reached.
        case requests, tokens
    }

    package var status: Int
    package var kind: Kind
    package var message: String
    /// The parameter at fault, as a path: `messages[2].content`.
    package var parameter: String?
    package var code: String?
    /// Headers that belong to the error: `allow`, `retry-after`.
    package var headers: [Header] = []

    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        _ status: Int, _ kind: Kind, _ message: String, parameter: String? = nil, code: String? = nil,
        headers: [Header] = []
    ) {
        self.status = status
        self.kind = kind
        self.message = message
        self.parameter = parameter
        self.code = code
        self.headers = headers
    }

    /// The body, of a response or of a server-sent event.
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("error")
            json.object { json in
                json.field("message", message)
                json.field("type", kind.rawValue)
                json.field("param", parameter)
                json.field("code", code)
            }
        }
        return json.bytes
    }
}

// MARK: - The request's form

extension APIError {
    package static func notJSON(_ error: JSONError) -> APIError {
        APIError(400, .invalidRequest, "The request body is not valid JSON: \(error).", code: "invalid_json")
    }

    package static let bodyNotObject = APIError(
        400, .invalidRequest, "The request body must be a JSON object.", code: "invalid_type")

    package static func missing(_ parameter: String) -> APIError {
        APIError(
            400, .invalidRequest, "Missing required parameter: '\(parameter)'.", parameter: parameter,
            code: "missing_required_parameter")
    }

    package static func wrongType(_ parameter: String, expected: String, found: JSON.Kind) -> APIError {
        APIError(
            400, .invalidRequest, "Invalid type for '\(parameter)': expected \(expected), but got \(found) instead.",
            parameter: parameter, code: "invalid_type")
    }

    /// - Parameter mustBe: completes the sentence "'x' must be …".
    package static func outOfRange(_ parameter: String, mustBe: String) -> APIError {
        APIError(
            400, .invalidRequest, "Invalid value for '\(parameter)': it must be \(mustBe).", parameter: parameter,
            code: "invalid_value")
    }

    package static func tooMany(_ parameter: String, _ limit: Limit, found: Int) -> APIError {
        APIError(
            400, .invalidRequest,
            "Invalid value for '\(parameter)': at most \(limit.value) \(limit.meaning) are allowed, got \(found).",
            parameter: parameter, code: "limit_exceeded")
    }

    package static func unknown(_ parameter: String) -> APIError {
        APIError(
            400, .invalidRequest, "Unknown parameter: '\(parameter)'.", parameter: parameter,
            code: "unknown_parameter")
    }

    package static func duplicate(_ parameter: String, line: Int, column: Int) -> APIError {
        APIError(
            400, .invalidRequest, "'\(parameter)' occurs twice in the same object (line \(line), column \(column)).",
            parameter: parameter, code: "duplicate_parameter")
    }

    package static func unsupported(_ parameter: String, accepted: String) -> APIError {
        APIError(
            400, .invalidRequest,
            "'\(parameter)' is not supported by this server; leave it out or set it to \(accepted).",
            parameter: parameter, code: "unsupported_parameter")
    }

    package static func conflict(_ message: String, parameter: String) -> APIError {
        APIError(400, .invalidRequest, message, parameter: parameter, code: "invalid_value")
    }

    package static func sampling(_ error: SamplingParameterError) -> APIError {
        APIError(
            400, .invalidRequest, "Invalid value: \(error.message).", parameter: error.parameter, code: "invalid_value")
    }

    package static func template(_ reason: String) -> APIError {
        APIError(
            400, .invalidRequest, "The messages cannot be turned into a prompt: \(reason)", parameter: "messages",
            code: "chat_template_error")
    }
}

// MARK: - The model and its engine

extension APIError {
    package static func modelNotFound(_ name: String) -> APIError {
        APIError(
            404, .invalidRequest, "The model '\(name)' does not exist; GET /v1/models lists what is served.",
            parameter: "model", code: "model_not_found")
    }

    /// The prompt alone leaves no room for an output token, or the output asked for does not fit behind it.
    package static func contextLength(
        maximum: Int, promptTokens: Int, outputTokens: Int?, parameter: String
    ) -> APIError {
        let start = "This model's maximum context length is \(maximum) tokens. However, "
        let rest =
            if let outputTokens {
                "you requested \(promptTokens.saturatingSum(outputTokens)) tokens (\(promptTokens) in the prompt, "
                    + "\(outputTokens) in the completion). Please reduce the prompt or the completion."
            } else {
                "your prompt has \(promptTokens) tokens, and at least one must be left for the completion. "
                    + "Please reduce the prompt."
            }
        return APIError(
            400, .invalidRequest, start + rest, parameter: parameter, code: "context_length_exceeded")
    }

    /// - Parameters:
    ///   - parameter: `prompt` or `messages`, whichever the tokens came from.
    package static func submission(_ error: SubmissionError, parameter: String) -> APIError {
        switch error {
        case .emptyPrompt:
            .outOfRange(parameter, mustBe: "at least one token long")
        case .promptTooLong(let promptTokens, let maximum):
            .contextLength(maximum: maximum, promptTokens: promptTokens, outputTokens: nil, parameter: parameter)
        case .tokenOutOfRange(let token, let vocabularySize):
            .outOfRange(parameter, mustBe: "token ids from 0 to \(vocabularySize - 1), got \(token)")
        case .queueFull(let waiting, let limit):
            APIError(
                503, .server, "The queue is full: \(waiting) requests are waiting, the limit is \(limit). Try again.",
                code: "queue_full", headers: [retryAfterOneSecond])
        case .shuttingDown:
            .shuttingDown
        }
    }

    package static let shuttingDown = APIError(
        503, .server, "The server is shutting down.", code: "shutting_down", headers: [retryAfterOneSecond])

    package static let modelLoading = APIError(
        503, .server, "The model is still being loaded. Try again.", code: "model_loading",
        headers: [retryAfterOneSecond])

    package static func engineFailed(_ reason: String) -> APIError {
        APIError(500, .server, "The engine could not finish this request: \(reason)", code: "engine_error")
    }

    package static func engineStalled(seconds: Int) -> APIError {
        APIError(503, .server, "The engine has made no step for \(seconds) s.", code: "engine_stalled")
    }

    /// Ended by the server, not by its client: seen in mid-stream when a drain's deadline passes.
    package static let cancelled = APIError(
        503, .server, "The request was ended because the server is shutting down.", code: "shutting_down",
        headers: [retryAfterOneSecond])

    private static let retryAfterOneSecond = Header(name: "retry-after", value: "1")
}

// MARK: - The route

extension APIError {
    package static func noRoute(_ path: String) -> APIError {
        APIError(404, .invalidRequest, "Unknown request URL: \(path).", code: "unknown_url")
    }

    /// OpenAI's words; nothing is repeated of the key that came.
    package static let unauthorized = APIError(
        401, .invalidRequest,
        "No valid API key was provided. Send it in the header 'authorization: Bearer YOUR_KEY'.",
        code: "invalid_api_key", headers: [Header(name: "www-authenticate", value: "Bearer")])

    package static func modelNotAllowed(_ name: String) -> APIError {
        APIError(
            403, .invalidRequest, "This API key may not use the model '\(name)'.", parameter: "model",
            code: "model_not_allowed")
    }

    /// A limit of the key or its tenant, or no room left to wait in.
    package static func rateLimited(_ refusal: Refusal) -> APIError {
        let headers = RateLimitHeaders.retry(refusal).map { Header(name: $0.name, value: $0.value) }
        guard case .limited(let shortage) = refusal else {
            return APIError(
                503, .server, "Too many requests are waiting. Try again.", code: "queue_full", headers: headers)
        }
        let whose =
            switch shortage.account {
            case .key: "this API key"
            case .tenant(let name): "the tenant '\(name)'"
            }
        let advice =
            switch (shortage.wait, refusal.retryMilliseconds) {
            case (.never, _): "A request of this size can never be served; make it smaller."
            case (.milliseconds, let milliseconds?):
                "Please try again in \(GoDuration.text(milliseconds: milliseconds))."
            case (.untilReturned(1_001...), let milliseconds?):
                "Please try again when another request has ended, not before "
                    + "\(GoDuration.text(milliseconds: milliseconds))."
            default: "Please try again when another request has ended."
            }
        return APIError(
            429, shortage.resource.isCountedInTokens ? .tokens : .requests,
            "Rate limit reached for \(whose): at most \(shortage.limit) \(shortage.resource.phrase), "
                + "\(shortage.requested) more requested. \(advice)",
            code: "rate_limit_exceeded", headers: headers)
    }

    package static func methodNotAllowed(_ method: String, _ path: String, allowed: String) -> APIError {
        APIError(
            405, .invalidRequest, "\(method) is not allowed for \(path); use \(allowed).", code: "method_not_allowed",
            headers: [Header(name: "allow", value: allowed)])
    }

    /// What the protocol layer refuses by itself: the request never reached a route.
    package static func refused(_ status: Int, _ message: String) -> APIError {
        let code: String? =
            switch status {
            case 408: "request_timeout"
            case 413: "request_too_large"
            case 414: "url_too_long"
            case 431: "headers_too_large"
            case 503: "overloaded"
            default: "bad_http"
            }
        return APIError(
            status, status < 500 ? .invalidRequest : .server, "The HTTP request was refused: \(message).", code: code,
            headers: status == 503 ? [retryAfterOneSecond] : [])
    }

    package static let notJSONContent = APIError(
        415, .invalidRequest, "The request needs the header 'content-type: application/json'.",
        code: "unsupported_media_type")
}

extension Int {
    /// For messages about numbers that a client chose.
    fileprivate func saturatingSum(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
