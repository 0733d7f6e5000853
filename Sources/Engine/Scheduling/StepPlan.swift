// StepPlan.swift — what the next step computes.
// Engine › Scheduling.

/// The rows of one step, decoding requests first.
struct StepPlan {
    /// The tokens `range` of one request.
    struct Entry {
        let request: Request
        let range: Range<Int>

        /// The range ends with the request's last token: its logits choose the next one.
        var choosesToken: Bool { range.upperBound == request.tokens.count }
    }

    private(set) var entries: [Entry] = []
    /// To be made in this order before anything is computed.
    private(set) var copies: [BlockCopy] = []
    private(set) var rowCount = 0

    var isEmpty: Bool { entries.isEmpty }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        copies.removeAll(keepingCapacity: true)
        rowCount = 0
    }

    mutating func append(_ request: Request, _ count: Int, copy: BlockCopy? = nil) {
        entries.append(Entry(request: request, range: request.computedCount..<request.computedCount + count))
        if let copy { copies.append(copy) }
        rowCount += count
    }

    /// Takes a request out again, because it was preempted after it had been planned. It has no copy in `copies`: those
    /// come with admission, and nobody who was planned is preempted after that.
    mutating func remove(_ request: Request) {
        guard let index = entries.firstIndex(where: { $0.request === request }) else { return }
        rowCount -= entries.remove(at: index).range.count
    }
}
