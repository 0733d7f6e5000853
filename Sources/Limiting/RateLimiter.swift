// RateLimiter.swift — may this request go ahead, and if not, when?
// Limiting.  Nothing here has a timer or a lock: one thread owns it, each call is one atomic step, and the clock is
// whatever `TimeSource` says.

package import Base

/// Balances, reservations, and those who wait for one. A request's way through it:
///
///     reserve(1 request) → tokenize → reserve(prompt, output, …) ─┬─► granted ─► spend, giveBack … ─► close
///                                                                 ├─► waiting ─► decideWaiting() ─► granted or refused
///                                                                 └─► refused
package final class RateLimiter {
    package private(set) var store: any LimitStore
    package var waitLimits: WaitLimits
    private let time: any TimeSource
    private var claims: [Claim] = []
    private var ticketCount: UInt64 = 0

    package enum Decision {
        case granted(Reservation)
        case refused(Refusal)
    }

    package enum Answer {
        case decided(Decision)
        /// `decideWaiting` will name the ticket, at the deadline at the latest.
        case waiting(Ticket)
    }

    package init(
        store: any LimitStore = MemoryStore(), time: any TimeSource = MonotonicTime(),
        waitLimits: WaitLimits = WaitLimits()
    ) {
        self.store = store
        self.time = time
        self.waitLimits = waitLimits
    }

    /// Milliseconds on the limiter's clock.
    package var now: Int { Int(time.nanoseconds() / 1_000_000) }
    package var waitingCount: Int { claims.count }

    package func setLimits(_ limits: [AccountID: RateLimits], cacheTokenCount: Int) {
        store.setLimits(limits, cacheTokenCount: cacheTokenCount, at: now)
    }

    package func balance(of resource: Resource, in account: AccountID) -> Balance? {
        store.balance(of: resource, in: account, at: now)
    }

    // MARK: - Reserving

    /// Reserves the amounts from all of the accounts in one step, or takes a place among the waiting, or refuses.
    /// - Parameter spentBefore: what the same request took in an earlier step. Whoever is refused and comes again needs
    ///   it once more, so a refusal tells when both can be had.
    package func reserve(
        _ amounts: Amounts, from accounts: [AccountID], spentBefore: Amounts = Amounts()
    ) -> Answer {
        let now = now
        var blockade = Blockade()
        for claim in claims { blockade.add(claim.shortage) }
        guard let shortage = attempt(amounts, accounts, behind: blockade, at: now) else {
            return .decided(.granted(Reservation(accounts: accounts, held: amounts)))
        }
        var claim = Claim(
            ticket: Ticket(number: ticketCount), accounts: accounts, amounts: amounts,
            spentBefore: spentBefore, arrival: now,
            deadline: now + waitLimits.milliseconds, shortage: shortage, nextLook: now)
        if let refusal = refusalToWait(claim, at: now) { return .decided(.refused(refusal)) }
        ticketCount += 1
        claim.note(shortage, at: now)
        claims.append(claim)
        return .waiting(claim.ticket)
    }

    /// Takes the amounts. - Returns: why not, with nothing taken.
    private func attempt(
        _ amounts: Amounts, _ accounts: [AccountID], behind blockade: Blockade, at now: Int
    ) -> Shortage? {
        if let shortage = blockade.shortage(for: amounts, accounts) {
            // What could never be granted is said at once, whoever stands before it.
            let own = store.shortage(of: amounts, in: accounts, at: now)
            return own?.wait == .never ? own : shortage
        }
        return store.reserve(amounts, from: accounts, at: now)
    }

    /// Waiting makes no sense when it is certainly in vain, or when there is no room.
    private func refusalToWait(_ claim: Claim, at now: Int) -> Refusal? {
        guard waitLimits.milliseconds > 0, claim.shortage.wait != .never,
            claim.shortage.wait.known <= waitLimits.milliseconds,
            claims.count(where: { $0.tenant == claim.tenant }) < waitLimits.countPerTenant
        else { return refusal(claim, claim.shortage, at: now) }
        return claims.count < waitLimits.count ? nil : .roomFull(waiting: claims.count)
    }

    /// With the wait of the whole request, from its first step.
    private func refusal(_ claim: Claim, _ shortage: Shortage, at now: Int) -> Refusal {
        let whole = store.shortage(of: claim.amounts + claim.spentBefore, in: claim.accounts, at: now)
        return .limited(shortage.waiting(shortage.wait.and(whole?.wait ?? .none)))
    }

    // MARK: - Waiting

    /// When `decideWaiting` should be called next, in milliseconds from now; nil while nobody waits.
    package var millisecondsToNextDecision: Int? {
        let now = now
        return claims.map { max(0, $0.nextLook - now) }.min()
    }

    /// Goes through the waiting in the order in which they came, and grants what there is. To be called when
    /// something was given back, and when `millisecondsToNextDecision` have passed.
    package func decideWaiting() -> [(ticket: Ticket, decision: Decision)] {
        guard !claims.isEmpty else { return [] }
        let now = now
        var decisions: [(ticket: Ticket, decision: Decision)] = []
        var blockade = Blockade()
        var remaining: [Claim] = []
        for var claim in claims {
            guard let shortage = attempt(claim.amounts, claim.accounts, behind: blockade, at: now) else {
                let reservation = Reservation(
                    accounts: claim.accounts, held: claim.amounts, waitedMilliseconds: now - claim.arrival)
                decisions.append((claim.ticket, .granted(reservation)))
                continue
            }
            guard now < claim.deadline, shortage.wait != .never else {
                decisions.append((claim.ticket, .refused(refusal(claim, shortage, at: now))))
                continue
            }
            claim.note(shortage, at: now)
            blockade.add(shortage)
            remaining.append(claim)
        }
        claims = remaining
        return decisions
    }

    /// The request is gone. Whoever stood behind it may be next: `decideWaiting`.
    package func withdraw(_ ticket: Ticket) { claims.removeAll { $0.ticket == ticket } }

    // MARK: - Using a reservation

    /// Counts `count` as used: of what is reserved, and beyond it into debt.
    package func spend(_ count: Int, of resource: Resource, _ reservation: Reservation) {
        store.spend(count, of: resource, reservation, at: now)
    }

    /// Gives some of what is reserved back before the end.
    package func giveBack(_ count: Int, of resource: Resource, _ reservation: Reservation) {
        store.giveBack(count, of: resource, reservation, at: now)
    }

    /// Gives the rest back. A second call does nothing.
    package func close(_ reservation: Reservation) { store.close(reservation, at: now) }
}
