// RateLimitDesk.swift — the rate limiter on the event loop: its timer, its waiting requests, and its headers.
// Server › Access.

import Base
import Engine
import Limiting
import Network

/// Asks the limiter for each request, keeps those that wait, and tells the limiter when to look at them again.
@EventLoop final class RateLimitDesk {
    private let limiter: RateLimiter
    private let hub: CompletionHub
    private let time: any TimeSource
    private var ring: KeyRing?
    private var engineLimits: EngineLimits?
    /// The engine's numbers for tenants; a name keeps its number, whatever file is read again.
    private var tenantNumbers: [String: UInt32] = [:]
    private var timer: DeadlineTimer?
    private var isLookDue = false
    private var waiting: [Ticket: Waiting] = [:]
    private(set) var counts = TenantCounts()

    /// A request that waits for its turn.
    private struct Waiting {
        let visitor: Visitor
        let responder: Responder
        let sinceNanoseconds: UInt64
        /// Whom the responder told so far when its client left.
        let onClose: (@EventLoop () -> Void)?
        let then: @EventLoop (Reservation) -> Void
        let otherwise: @EventLoop () -> Void
    }

    /// - Parameter hub: told of every request that waits, so that a drain waits for it.
    init(time: any TimeSource, hub: CompletionHub) {
        self.time = time
        self.hub = hub
        limiter = RateLimiter(time: time)
        timer = DeadlineTimer { [weak self] in self?.decideWaiting() }
    }

    // MARK: - Limits

    /// Limits from now on; balances go on as they are.
    func use(_ ring: KeyRing?) {
        self.ring = ring
        for tenant in ring?.tenants ?? [] where tenantNumbers[tenant.name] == nil {
            tenantNumbers[tenant.name] = UInt32(tenantNumbers.count + 1)
        }
        limiter.waitLimits = ring?.waitLimits ?? WaitLimits()
        setLimits()
    }

    /// The engine's cache is known: shares of it become numbers.
    func use(_ limits: EngineLimits) {
        engineLimits = limits
        setLimits()
    }

    private func setLimits() {
        limiter.setLimits(ring?.limits ?? [:], cacheTokenCount: cacheTokenCount)
        decideWaiting()
    }

    private var cacheTokenCount: Int { engineLimits.map { $0.blockCount * $0.tokensPerBlock } ?? 0 }

    /// Whom the engine computes for.
    func engineTenant(_ visitor: Visitor?) -> EngineTenant {
        guard let tenant = visitor?.tenant, let number = tenantNumbers[tenant.name] else { return .everyone }
        return engineTenant(tenant, number)
    }

    /// Every tenant that the engine may know; one that is in the file no more has nothing of its own.
    var engineTenants: [EngineTenant] {
        tenantNumbers.map { name, number in
            let tenant = ring?.tenants.first { $0.name == name }
            return tenant.map { engineTenant($0, number) } ?? EngineTenant(id: number)
        }
    }

    private func engineTenant(_ tenant: Tenant, _ number: UInt32) -> EngineTenant {
        let quota = Int(tenant.cacheQuota * Double(engineLimits?.blockCount ?? 0))
        return EngineTenant(id: number, weight: tenant.weight, cacheQuota: quota)
    }

    /// The most output tokens that one choice reserves at first.
    func outputCap(_ visitor: Visitor) -> Int {
        ring?.outputCap(of: visitor.key) ?? KeyRing.standardReservedOutputTokens
    }

    // MARK: - Requests

    /// Counts a request against its requests per minute, before anything is done for it.
    func count(_ visitor: Visitor, _ responder: Responder, then: @escaping @EventLoop () -> Void) {
        ask(Amounts(requests: 1), spentBefore: Amounts(), visitor, responder) { [self] reservation in
            spend(1, of: .requests, reservation, visitor)
            limiter.close(reservation)
            then()
        }
    }

    /// Reserves what a counted request may come to; then, perhaps after a wait, goes on with it. A request that may
    /// not go ahead is answered here, after `otherwise`; one whose client leaves meanwhile is forgotten.
    func reserve(
        _ amounts: Amounts, _ visitor: Visitor, _ responder: Responder,
        then: @escaping @EventLoop (Reservation) -> Void, otherwise: @escaping @EventLoop () -> Void = {}
    ) {
        ask(amounts, spentBefore: Amounts(requests: 1), visitor, responder, then: then, otherwise: otherwise)
    }

    private func ask(
        _ amounts: Amounts, spentBefore: Amounts, _ visitor: Visitor, _ responder: Responder,
        then: @escaping @EventLoop (Reservation) -> Void, otherwise: @escaping @EventLoop () -> Void = {}
    ) {
        let request = Waiting(
            visitor: visitor, responder: responder, sinceNanoseconds: time.nanoseconds(), onClose: responder.onClose,
            then: then, otherwise: otherwise)
        switch limiter.reserve(amounts, from: visitor.key.accounts, spentBefore: spentBefore) {
        case .decided(let decision): carryOut(decision, request)
        case .waiting(let ticket):
            waiting[ticket] = request
            hub.preparationBegan()
            responder.onClose = { [weak self] in self?.leave(ticket) }
            startTimer()
        }
    }

    private func carryOut(_ decision: RateLimiter.Decision, _ request: Waiting) {
        request.responder.onClose = request.onClose
        request.responder.limiterNanoseconds += time.nanoseconds() &- request.sinceNanoseconds
        switch decision {
        case .granted(let reservation):
            guard !request.responder.isClosed else { return close(reservation) }
            request.responder.extraHeaders = RateLimitHeaders.balances(of: reservation.accounts, limiter)
            request.then(reservation)
        case .refused(let refusal):
            counts.refused(request.visitor.tenant.name, refusal)
            request.responder.extraHeaders = RateLimitHeaders.balances(of: request.visitor.key.accounts, limiter)
            request.otherwise()
            request.responder.fail(.rateLimited(refusal))
        }
    }

    private func leave(_ ticket: Ticket) {
        limiter.withdraw(ticket)
        guard let request = waiting.removeValue(forKey: ticket) else { return }
        request.onClose?()
        lookSoon()
        hub.preparationEnded()
    }

    // MARK: - What was reserved

    func spend(_ count: Int, of resource: Resource, _ reservation: Reservation, _ visitor: Visitor) {
        limiter.spend(count, of: resource, reservation)
        counts.spent(count, resource, by: visitor.tenant.name)
    }

    func giveBack(_ count: Int, of resource: Resource, _ reservation: Reservation) {
        limiter.giveBack(count, of: resource, reservation)
        lookSoon()
    }

    func close(_ reservation: Reservation) {
        limiter.close(reservation)
        lookSoon()
    }

    // MARK: - Those who wait

    /// Something was given back: looks once, at the end of this turn of the loop, whatever else is given back in it.
    private func lookSoon() {
        guard !waiting.isEmpty, !isLookDue else { return }
        isLookDue = true
        timer?.start(after: .zero)
    }

    private func decideWaiting() {
        isLookDue = false
        for (ticket, decision) in limiter.decideWaiting() {
            guard let request = waiting.removeValue(forKey: ticket) else { continue }
            carryOut(decision, request)
            hub.preparationEnded()
        }
        startTimer()
    }

    private func startTimer() {
        guard !isLookDue else { return }
        if let milliseconds = limiter.millisecondsToNextDecision {
            timer?.start(after: .milliseconds(milliseconds))
        } else {
            timer?.cancel()
        }
    }

    /// Ends every waiting request with `error`.
    func abortAll(_ error: APIError) {
        for (ticket, request) in waiting {
            limiter.withdraw(ticket)
            waiting[ticket] = nil
            request.otherwise()
            request.responder.fail(error)
            hub.preparationEnded()
        }
    }

    // MARK: - Metrics

    var waitingCount: Int { waiting.count }

    func balance(of resource: Resource, ofTenant name: String) -> Balance? {
        limiter.balance(of: resource, in: .tenant(name))
    }

    /// One entry for each tenant of the file: as many as there are, and no more.
    var tenants: [TenantReport] {
        (ring?.tenants ?? []).map { tenant in
            TenantReport(
                name: tenant.name, number: tenantNumbers[tenant.name] ?? 0,
                waitingCount: waiting.values.count { $0.visitor.tenant.name == tenant.name },
                balances: Resource.allCases.map { limiter.balance(of: $0, in: .tenant(tenant.name)) })
        }
    }
}
