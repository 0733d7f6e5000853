// ServerConfiguration.swift — how the server behaves, apart from the model.
// Server.

package import Network

package struct ServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0: any free port.
    package var port = 8080
    /// Silence after which a stream gets a comment, so that proxies do not close it during a long prefill.
    package var keepAliveInterval: Duration = .seconds(10)
    /// With work pending and no step for this long, /health says 503.
    package var stallTimeout: Duration = .seconds(5)
    /// After a drain's last answer: how long connections may take to close by themselves.
    package var closingGrace: Duration = .seconds(3)
    /// Keys that requests must carry; none: everybody may ask.
    package var authentication = Authentication()
    /// Skip fields nobody knows instead of refusing the request.
    package var ignoresUnknownFields = false
    /// Takes one line of JSON per response, line feed included; nil: no log.
    package var log: (@Sendable ([UInt8]) -> Void)? = RequestLog.standardError
    package var httpLimits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.bodyBytes = Limits.bodyBytes.value
        limits.requestLineBytes = Limits.requestLineBytes.value
        limits.headerBytes = Limits.headerBytes.value
        limits.headerCount = Limits.headerCount.value
        return limits
    }()

    package init() {}
}
