// Scheduler.swift — decides which tokens the next step computes.
// Engine › Scheduling.  Continuous batching: Yu et al., "Orca", OSDI 2022. The rule is vLLM's: there is no prefill and no
// decode, each request's computed count chases its token count, under one budget of rows per step.

/// Holds all live requests, in order of (priority, arrival).
struct Scheduler {
    private(set) var waiting: [Request] = []
    private(set) var running: [Request] = []
    private(set) var cache: KVCacheManager
    private(set) var counters = TokenCounters()
    private(set) var preemptionCount: UInt64 = 0
    private(set) var prefixQueriedTokenCount: UInt64 = 0
    private(set) var prefixHitTokenCount: UInt64 = 0
    /// How much is guessed.
    private var draftPolicy = DraftPolicy()
    /// Whether the step being planned admitted somebody.
    private var hasAdmitted = false
    /// Share of right guesses of the requests so far, the latest most: what a new one is believed to have.
    private var usualAcceptance = 0.5
    private let configuration: EngineConfiguration
    /// Nil: one token a step.
    private let drafts: (any DraftSource)?
    private var wishes: [DraftWish] = []

    init(_ configuration: EngineConfiguration, cache: KVCacheManager, drafts: (any DraftSource)? = nil) {
        self.configuration = configuration
        self.cache = cache
        self.drafts = drafts
    }

    var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    // MARK: - One step

    /// Plans the next step into `plan`.
    ///
    /// 1. Requests one row behind get that row: a step never makes a decoding request wait for somebody's prompt.
    /// 2. Running requests further behind get prompt rows from what is left of the budget, those of the tenant with the
    ///    fewest places first; beside decoding requests at most `prefillTokensBesideDecode`, which bounds how long a step
    ///    takes.
    /// 3. Waiting requests are admitted while budget, slots and blocks last: by priority, then from the tenant that was
    ///    served least, its oldest first. The first that does not fit stops the queue, so a large request cannot be
    ///    overtaken for ever. Where all places are taken, the tenant that has most makes room. Before a running prompt
    ///    goes on, those are admitted whose tenant was served less and holds fewer places: behind a flood, a newcomer
    ///    waits for the step that is being computed and for nothing else.
    /// 4. Guesses of what decoding requests will say take what is left, where that is expected to pay.
    ///
    /// When the pool is dry, a paused request, or else the last one of the tenant that holds most, gives up its blocks and
    /// starts over later (recompute): the result is the same bits. The first that is not paused is never preempted, so
    /// something always progresses.
    mutating func schedule(into plan: inout StepPlan) {
        plan.removeAll()
        hasAdmitted = false
        counters.look(at: waiting)
        let preemptionsBefore = preemptionCount
        // Preemption edits `running` while we walk; the walk uses the list as it was.
        let candidates = running
        for request in candidates where request.isDecoding {
            planRows(of: request, atMost: 1, into: &plan)
        }
        let rowLimit =
            plan.isEmpty
            ? configuration.maxBatchedTokens
            : min(configuration.maxBatchedTokens, plan.rowCount + configuration.prefillTokensBesideDecode)
        for request in inTurn(candidates.filter { !$0.isDecoding }) {
            if configuration.isFair, preemptionCount == preemptionsBefore {
                admit(rowLimit: rowLimit, before: request, into: &plan)
            }
            planRows(of: request, atMost: rowLimit - plan.rowCount, into: &plan)
        }
        if preemptionCount == preemptionsBefore { admit(rowLimit: rowLimit, into: &plan) }
        planDrafts(into: &plan)
    }

    /// Rows of a prompt whose log-probabilities are wanted need logits, and room for those is limited.
    private func scoringLimit(_ request: Request, _ plan: StepPlan) -> Int {
        request.isScoringPrompt ? configuration.maxScoredRows - plan.scoredRowCount : .max
    }

    private mutating func planRows(of request: Request, atMost limit: Int, into plan: inout StepPlan) {
        guard request.status == .running, !request.isPaused else { return }
        let room = configuration.maxBatchedTokens - plan.rowCount
        let count = min(request.remainingCount, limit, room, scoringLimit(request, plan))
        guard count > 0, plan.entries.count < configuration.maxRunningCount else { return }
        while !cache.reserve(request, upTo: request.computedCount + count) {
            // Whoever was admitted in this step stays: his copy is already planned.
            guard !hasAdmitted else { return }
            let victim = preemptionVictim()
            plan.remove(victim)
            preempt(victim)
            if victim === request { return }
        }
        plan.append(request, count)
    }

    /// Adds guesses to the decoding requests of a plan that is otherwise complete. They never cost anybody a row or a block:
    /// they take what is left of the budget and of the free blocks.
    private mutating func planDrafts(into plan: inout StepPlan) {
        guard let drafts, !plan.isEmpty else { return }
        wishes.removeAll(keepingCapacity: true)
        for (index, entry) in plan.entries.enumerated() where entry.request.isDecoding {
            let request = entry.request
            if request.speculation == nil { request.speculation = drafts.begin(believing: usualAcceptance) }
            // One token is always chosen besides those that are guessed.
            let room = request.maxTokenCount - request.tokens.count - 1
            let count = max(0, min(configuration.speculation.maxDraftCount, room))
            wishes.append(DraftWish(request: request, entry: index, count: count))
        }
        if drafts.guessesAreFree {
            drafts.propose(wishes)
            for index in wishes.indices { wishes[index].count = wishes[index].request.guessCount }
        }
        let rowLimit = min(
            configuration.maxBatchedTokens - plan.rowCount, configuration.speculation.maxDraftRows)
        limitWishes(rowLimit: rowLimit, drafts)
        if !drafts.guessesAreFree { drafts.propose(wishes) }
        for wish in wishes {
            var count = min(wish.count, wish.request.guessCount)
            while count > 0, !cache.reserve(wish.request, upTo: wish.request.tokens.count + count) { count -= 1 }
            plan.addDraft(count, toEntry: wish.entry)
        }
    }

    /// Leaves of the wishes what is worth its cost.
    private mutating func limitWishes(rowLimit: Int, _ drafts: any DraftSource) {
        guard configuration.speculation.isAdaptive else {
            var room = rowLimit
            for index in wishes.indices {
                wishes[index].count = min(wishes[index].count, room)
                room -= wishes[index].count
            }
            return
        }
        let candidates = wishes.map { wish in
            var candidate = DraftPolicy.Candidate(
                limit: wish.count, acceptance: wish.request.speculation?.acceptance ?? usualAcceptance)
            candidate.secondsToBegin = drafts.secondsToBegin(wish.request)
            candidate.isRested = !drafts.guessesAreFree && wish.request.speculation?.isRested == true
            return candidate
        }
        let counts = draftPolicy.counts(for: candidates, rowLimit: rowLimit) { drafts.secondsPerPass(requests: $0) }
        for index in wishes.indices {
            wishes[index].count = counts[index]
            wishes[index].request.speculation?.noteStep(guessCount: counts[index])
        }
    }

    /// Learns from a step that did nothing but decode.
    /// - Parameters:
    ///   - acceptedCount: guesses that came true.
    ///   - seconds: of computing it.
    ///   - planningSeconds: before that; a draft model has its turn then.
    mutating func learn(from plan: StepPlan, acceptedCount: Int, seconds: Double, planningSeconds: Double) {
        guard let drafts, configuration.speculation.isAdaptive else { return }
        draftPolicy.observe(
            requests: plan.entries.count, guesses: plan.draftRowCount, accepted: acceptedCount, seconds: seconds,
            draftingSeconds: drafts.guessesAreFree ? 0 : planningSeconds, readingSeconds: drafts.readingSeconds)
    }

    /// - Parameter prompt: only requests that come before this one, which runs.
    private mutating func admit(rowLimit: Int, before prompt: Request? = nil, into plan: inout StepPlan) {
        while plan.rowCount < rowLimit, let request = nextToAdmit {
            if let prompt, !overtakes(request, prompt) { return }
            guard makeRoom(for: request, in: &plan) else { return }
            let match = cache.longestCachedPrefix(of: request)
            let isKnown = match.endState != nil
            let count =
                isKnown
                ? 0
                : min(request.tokens.count - match.tokenCount, rowLimit - plan.rowCount, scoringLimit(request, plan))
            guard count > 0 || isKnown else { return }
            let admission = cache.admit(
                request, match: match, upTo: match.tokenCount + count, watermark: admissionWatermark)
            guard admission.admitted else {
                // With nothing else to compute, blocks of somebody who does not read are better used here.
                guard plan.isEmpty, let paused = running.last(where: { $0.isPaused }) else { return }
                preempt(paused)
                continue
            }
            if request.cachedTokenCount == nil {
                request.cachedTokenCount = min(match.tokenCount, request.promptCount)
                prefixQueriedTokenCount += UInt64(request.promptCount)
                prefixHitTokenCount += UInt64(match.tokenCount)
                TokenCounters.chargeInput(max(0, request.promptCount - match.tokenCount), to: request.tenant)
            }
            waiting.removeAll { $0 === request }
            request.leader = nil
            hasAdmitted = true
            request.status = .running
            Self.insert(request, into: &running)
            plan.append(request, count, copy: admission.copy, endState: match.endState)
        }
    }

    /// Whether a place is free, or somebody gave his up. Nobody does for a request that would not fit even then.
    private mutating func makeRoom(for request: Request, in plan: inout StepPlan) -> Bool {
        guard max(activeCount, plan.entries.count) >= configuration.maxRunningCount else { return true }
        guard !hasAdmitted, let victim = whoMakesRoom(for: request),
            cache.hasRoom(
                for: request, match: cache.longestCachedPrefix(of: request), watermark: admissionWatermark,
                without: victim)
        else { return false }
        plan.remove(victim)
        preempt(victim)
        return true
    }

    /// Running requests that are not paused: as many as there are places, at most.
    private var activeCount: Int { running.count { !$0.isPaused } }

    private var admissionWatermark: Int { running.isEmpty ? 0 : configuration.admissionWatermark }

    /// The oldest of those that could be admitted; with fairness, the oldest of the tenant that was served least. Who
    /// comes back is level with somebody who has waited; then it is the turn of whoever would hold fewer places.
    private var nextToAdmit: Request? {
        guard configuration.isFair else { return waiting.first { $0.isEligible } }
        return counters.next(in: waiting) { own, other in wouldHold(own, noMoreThan: other) }
    }

    // MARK: - Turns

    /// Running prompts, those of whoever holds the fewest places for his weight first.
    private func inTurn(_ prompts: [Request]) -> [Request] {
        guard configuration.isFair, prompts.count > 1 else { return prompts }
        let places = prompts.map { placeCount(of: $0.tenant) }
        return prompts.indices.sorted { left, right in
            let (first, second) = (prompts[left], prompts[right])
            if first.priority != second.priority { return first.priority < second.priority }
            let (own, other) = (places[left] * second.tenant.weight, places[right] * first.tenant.weight)
            return own != other ? own < other : left < right
        }.map { prompts[$0] }
    }

    /// Whether a request that waits is admitted before a running prompt goes on: it is no less urgent, and its tenant was
    /// served no more and would hold no more places for its weight.
    private func overtakes(_ request: Request, _ prompt: Request) -> Bool {
        let (own, other) = (request.tenant, prompt.tenant)
        return request.priority <= prompt.priority && own.service <= other.service && wouldHold(own, noMoreThan: other)
    }

    /// Whether a tenant with one place more would still hold no more for its weight than another.
    private func wouldHold(_ own: TenantRecord, noMoreThan other: TenantRecord) -> Bool {
        (placeCount(of: own) + 1) * other.weight <= placeCount(of: other) * own.weight
    }

    private func placeCount(of record: TenantRecord) -> Int { running.count { $0.tenant === record && !$0.isPaused } }

    // MARK: - Preemption

    /// Who gives up a place when all are taken: the last in order of the tenant that has most for its weight, if it would
    /// still have no fewer than the newcomer's tenant then. A place is held for as long as an answer is long; nobody's
    /// first token should wait for that. What the victim loses is little: its full blocks stay in the prefix cache.
    private func whoMakesRoom(for request: Request) -> Request? {
        guard configuration.isFair else { return nil }
        let own = request.tenant
        var most: TenantRecord?
        var (mostCount, mostWeight) = (placeCount(of: own) + 1, own.weight)
        for record in counters.records where record !== own {
            let count = placeCount(of: record)
            if count * mostWeight > mostCount * record.weight {
                (most, mostCount, mostWeight) = (record, count, record.weight)
            }
        }
        guard let most, let victim = running.last(where: { $0.tenant === most && !$0.isPaused }) else { return nil }
        return victim.priority >= request.priority ? victim : nil
    }

    /// A paused request if there is one holding blocks, else the last in order; with fairness, the last one of the tenant
    /// that holds most blocks for its weight among the least urgent: a flood gives back what it took.
    private func preemptionVictim() -> Request {
        if let paused = running.last(where: { $0.isPaused }) { return paused }
        guard let last = running.last else { preconditionFailure("somebody asked for blocks, so somebody runs") }
        guard configuration.isFair else { return last }
        // The first in order stays.
        let others = running.dropFirst().drop { $0.priority != last.priority }
        var victim = last
        var mostCount = blockCount(of: last.tenant)
        for record in counters.records where record !== last.tenant {
            let count = blockCount(of: record)
            if count * victim.tenant.weight > mostCount * record.weight,
                let found = others.last(where: { $0.tenant === record })
            {
                (victim, mostCount) = (found, count)
            }
        }
        return victim
    }

    /// Blocks that a tenant's running requests hold; those that several share count for each.
    private func blockCount(of record: TenantRecord) -> Int {
        running.reduce(0) { $0 + ($1.tenant === record ? $1.blockTable.count : 0) }
    }

    /// Takes a running request's blocks away; it waits, in order, to be computed again from its tokens.
    mutating func preempt(_ request: Request) {
        remove(request)
        cache.release(request)
        drafts?.forget(request)
        request.status = .waiting
        request.timings.preemptionCount += 1
        preemptionCount += 1
        Self.insert(request, into: &waiting)
    }

    // MARK: - Arrivals and departures

    mutating func add(_ request: Request) { Self.insert(request, into: &waiting) }

    /// Stops computing a request, or goes on with it: at once if its place was not given away meanwhile, and else when it is
    /// its turn again.
    mutating func setPaused(_ isPaused: Bool, _ request: Request) {
        request.isPaused = isPaused
        if !isPaused, request.status == .running, activeCount > configuration.maxRunningCount { preempt(request) }
    }

    /// The tenant's record, with the weight and the quota that it has from now on.
    mutating func record(for tenant: EngineTenant) -> TenantRecord {
        let record = counters.record(for: tenant) { cache.makeOwner(tenant) }
        cache.setQuota(tenant.cacheQuota, of: record.cacheOwner)
        return record
    }

    mutating func use(_ tenants: [EngineTenant]) {
        let known = tenants.filter { tenant in counters.records.contains { $0.id == tenant.id } }
        // What some give back is room for the others.
        for var tenant in known {
            tenant.cacheQuota = 0
            _ = record(for: tenant)
        }
        for tenant in known { _ = record(for: tenant) }
    }

    /// Marks the rows of `entry` as computed and offers full blocks to others. Of the drafted ones only those whose
    /// guess came true count: what the others left in the cache is never named, and overwritten by the next step.
    mutating func didCompute(_ entry: StepPlan.Entry, acceptedCount: Int) {
        entry.request.computedCount = entry.range.upperBound + acceptedCount
        cache.commit(entry.request)
    }

    /// - Returns: the slot to keep the state behind the request's prompt in, unless it is kept already.
    mutating func rememberEnd(of request: Request) -> Int? { cache.rememberEnd(of: request) }

    /// Takes a request out for good; its blocks are free at once.
    mutating func finish(_ request: Request) {
        if let speculation = request.speculation, speculation.hasLearned {
            usualAcceptance += 0.2 * (speculation.acceptance - usualAcceptance)
        }
        remove(request)
        cache.release(request)
        drafts?.forget(request)
        request.status = .finished
    }

    private mutating func remove(_ request: Request) {
        switch request.status {
        case .waiting: waiting.removeAll { $0 === request }
        case .running: running.removeAll { $0 === request }
        case .finished: break
        }
    }

    /// Keeps the list in order. - Complexity: O(log n) comparisons and one move of the tail.
    private static func insert(_ request: Request, into list: inout [Request]) {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].precedes(request) { low = middle + 1 } else { high = middle }
        }
        list.insert(request, at: low)
    }

    // MARK: - Invariants

    func checkInvariants() {
        cache.checkInvariants(waiting + running)
        drafts?.checkInvariants()
        for request in waiting {
            precondition(request.status == .waiting && request.blockTable.isEmpty && request.computedCount == 0)
        }
        for request in running {
            precondition(request.status == .running && request.remainingCount >= 1)
            precondition(request.tokens.count < request.maxTokenCount, "\(request.id) should have finished")
        }
        precondition(activeCount <= configuration.maxRunningCount, "more run than there are places")
        for list in [waiting, running] {
            for (left, right) in zip(list, list.dropFirst()) { precondition(left.precedes(right), "order is lost") }
        }
    }
}
