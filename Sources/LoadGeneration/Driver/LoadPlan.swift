// LoadPlan.swift — everything a run needs to know before its first request.
// LoadGeneration › Driver.

package import Base

package struct LoadPlan: Sendable {
    /// Without a slash at its end.
    package var baseURL: String
    package var endpoint = "/v1/chat/completions"
    package var model: String
    package var headers: [String] = []
    package var sessions: [Session]
    /// When each session begins, in seconds from the start; nil is a closed loop, which begins the next session when
    /// one ends.
    package var arrivals: [Double]?
    /// In an open loop a request beyond it waits, and its clock runs; in a closed loop, how many users there are.
    package var maxConcurrency: Int?
    package var temperature: Double?
    package var ignoresEndOfSequence = false
    /// Further members of every body, for what one server has and others do not.
    package var extraBody: JSON?
    package var timeoutSeconds = 600.0
    /// Share of requests that are given up in mid-stream.
    package var cancelShare = 0.0
    package var warmUpCount = 0
    package var coolDownCount = 0
    package var seed: UInt64 = 0

    package init(baseURL: String, model: String, sessions: [Session]) {
        self.baseURL = baseURL
        self.model = model
        self.sessions = sessions
    }

    package var requestCount: Int { sessions.reduce(0) { $0 + $1.turns.count } }

    /// What /v1/completions gets of messages.
    package static func prompt(_ messages: [Message]) -> String { messages.map(\.content).joined(separator: "\n") }

    /// The request for `messages`, streamed, with usage at its end.
    func request(_ messages: [Message], maxTokens: Int) -> ClientRequest {
        var json = JSONWriter()
        json.object { json in
            json.field("model", model)
            if endpoint.hasSuffix("chat/completions") {
                json.key("messages")
                json.array { json in
                    for message in messages {
                        json.object { json in
                            json.field("role", message.role)
                            json.field("content", message.content)
                        }
                    }
                }
            } else {
                json.field("prompt", Self.prompt(messages))
            }
            json.field("max_tokens", maxTokens)
            if let temperature { json.field("temperature", temperature) }
            if ignoresEndOfSequence { json.field("ignore_eos", true) }
            json.field("stream", true)
            json.key("stream_options")
            json.object { $0.field("include_usage", true) }
            if let extraBody {
                for (key, value) in extraBody.members {
                    json.key(String(decoding: key, as: UTF8.self))
                    value.copy(to: &json)
                }
            }
        }
        return ClientRequest(
            url: baseURL + endpoint,
            headers: ["content-type: application/json", "accept: text/event-stream"] + headers,
            body: json.bytes, timeoutSeconds: timeoutSeconds)
    }
}

extension JSON {
    /// The same value, written again.
    func copy(to json: inout JSONWriter) {
        switch kind {
        case .object:
            json.beginObject()
            for (key, value) in members {
                json.key(String(decoding: key, as: UTF8.self))
                value.copy(to: &json)
            }
            json.endObject()
        case .array:
            json.beginArray()
            for element in elements { element.copy(to: &json) }
            json.endArray()
        case .string: json.string(utf8: utf8 ?? [])
        case .number:
            if isWrittenAsInteger, let integer { json.integer(integer) } else { json.number(double ?? 0) }
        case .bool: json.bool(bool ?? false)
        case .null: json.null()
        }
    }
}
