// InputCharge.swift — settles a request that brings texts and gets numbers with the limiter: embeddings, reranks.
// Server › Access.

import Limiting
import Network

/// Its tokens are all input, known before any work, and all computed: they are settled as soon as they are reserved.
@EventLoop final class InputCharge {
    private let visitor: Visitor
    private let desk: RateLimitDesk
    private var reservation: Reservation?

    init(_ visitor: Visitor, _ desk: RateLimitDesk) {
        self.visitor = visitor
        self.desk = desk
    }

    /// Goes on, perhaps after a wait, or answers with a refusal after `otherwise`.
    func reserve(
        _ tokenCount: Int, _ responder: Responder, then: @escaping @EventLoop () -> Void,
        otherwise: @escaping @EventLoop () -> Void
    ) {
        desk.reserve(Amounts(inputTokens: tokenCount, concurrentRequests: 1), visitor, responder) { [self] granted in
            reservation = granted
            desk.spend(tokenCount, of: .inputTokens, granted, visitor)
            then()
        } otherwise: {
            otherwise()
        }
    }

    func close() {
        guard let reservation else { return }
        self.reservation = nil
        desk.close(reservation)
    }
}
