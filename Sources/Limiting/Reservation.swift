// Reservation.swift — what one request was promised and has not used yet.
// Limiting.

/// Made by `RateLimiter.reserve`; moves only through `RateLimiter`. Closed when the request is over.
package final class Reservation {
    package let accounts: [AccountID]
    /// Still reserved.
    package fileprivate(set) var held: Amounts
    /// Spent so far, with or without a reservation.
    package fileprivate(set) var spent = Amounts()
    package fileprivate(set) var isClosed = false
    /// How long it waited before it was made.
    package let waitedMilliseconds: Int

    init(accounts: [AccountID], held: Amounts, waitedMilliseconds: Int = 0) {
        self.accounts = accounts
        self.held = held
        self.waitedMilliseconds = waitedMilliseconds
    }
}

extension LimitStore {
    /// Spends `count` of a resource: first what is held, and beyond it from the balance, if need be into debt.
    mutating func spend(_ count: Int, of resource: Resource, _ reservation: Reservation, at now: Int) {
        guard count > 0, !reservation.isClosed else { return }
        var (settled, beyond) = (Amounts(), Amounts())
        settled[resource] = min(count, reservation.held[resource])
        beyond[resource] = count - settled[resource]
        reservation.held[resource] -= settled[resource]
        reservation.spent[resource] += count
        settle(settled, from: reservation.accounts, at: now)
        if beyond[resource] > 0 { overdraw(beyond, from: reservation.accounts, at: now) }
    }

    /// Gives back up to `count` of what is held.
    mutating func giveBack(_ count: Int, of resource: Resource, _ reservation: Reservation, at now: Int) {
        var amounts = Amounts()
        amounts[resource] = min(count, reservation.held[resource])
        guard amounts[resource] > 0, !reservation.isClosed else { return }
        reservation.held[resource] -= amounts[resource]
        refund(amounts, to: reservation.accounts, at: now)
    }

    /// Gives everything back that is still held. A second call does nothing.
    mutating func close(_ reservation: Reservation, at now: Int) {
        guard !reservation.isClosed else { return }
        reservation.isClosed = true
        refund(reservation.held, to: reservation.accounts, at: now)
        reservation.held = Amounts()
    }
}
