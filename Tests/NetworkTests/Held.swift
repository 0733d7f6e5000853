// Held.swift — exchanges that a test keeps open, and what happens to them.

import Network

/// A server whose handler leaves every request open, with what happened to each.
@EventLoop final class Held {
    var exchanges: [HTTPExchange] = []
    var closedCount = 0
    var backPressure: [Bool] = []
    var pump: Pump?
    nonisolated init() {}

    func hold(_ exchange: HTTPExchange) {
        exchanges.append(exchange)
        exchange.onClose = { self.closedCount += 1 }
    }
}

/// Writes a long body as fast as back-pressure lets it.
@EventLoop final class Pump {
    var isPaused = false
    private let exchange: HTTPExchange
    private let total: Int
    private let piece: [UInt8]
    private(set) var written = 0

    init(_ exchange: HTTPExchange, total: Int, piece: [UInt8]) {
        self.exchange = exchange
        self.total = total
        self.piece = piece
    }

    func run() {
        while written < total, !isPaused {
            written += piece.count
            exchange.write(piece)
        }
        if written >= total, !isPaused { exchange.finish() }
    }
}
