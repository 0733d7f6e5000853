// HTTPLimits.swift — every bound the server puts on a client, in one table.
// Network › HTTP.

/// What one client may ask for. The parser applies the sizes, the connection the times, the server the totals.
package struct HTTPLimits: Sendable, Equatable {
    /// Method, target and version together, without the line's end; more is 414.
    package var requestLineBytes = 8 * 1024
    /// All field lines of a request with their ends, trailers included; more is 431.
    package var headerBytes = 32 * 1024
    /// Fields of a request, trailers included; more is 431.
    package var headerCount = 100
    /// One body; more is 413.
    package var bodyBytes = 8 * 1024 * 1024
    /// Size line of one chunk, with its extensions; more is 400.
    package var chunkLineBytes = 256
    /// Chunk extensions of one body; more is 400. Clients that need none pay nothing, others cannot feed us forever.
    package var chunkExtensionBytes = 4 * 1024

    /// From the first byte of a request to the end of its header; then 408.
    package var headerTimeout: Duration = .seconds(10)
    /// From the end of the header to the end of the body; then 408.
    package var bodyTimeout: Duration = .seconds(60)
    /// Without a byte of a (next) request; then the connection is closed without a word.
    package var idleTimeout: Duration = .seconds(75)
    /// Without the peer taking a byte of what is queued for it; then the connection is closed.
    package var writeStallTimeout: Duration = .seconds(30)
    /// How long a refused client's remaining bytes are read and thrown away, so that it can read why.
    package var lingerTimeout: Duration = .seconds(2)

    /// Open connections; the next one gets 503 and is closed.
    package var maxConnections = 4096
    /// Request bodies of all connections together, each until its answer begins; while there are more, those that are
    /// still coming in get 503.
    package var totalBodyBytes = 256 * 1024 * 1024
    /// Bytes that may come in while a response is under way (pipelined requests); then reading stops,
    /// and until the response ends only a failing write shows that the client is gone.
    package var pipelinedBytes = 64 * 1024
    /// Queued output above which `onBackPressure(true)` is called…
    package var highWatermarkBytes = 64 * 1024
    /// …and below which `onBackPressure(false)` is.
    package var lowWatermarkBytes = 32 * 1024

    package init() {}
}
