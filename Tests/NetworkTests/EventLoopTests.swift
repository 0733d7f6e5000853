// EventLoopTests.swift — the actor, its door, its mailboxes, timers, signals and helpers.

import Foundation
import Network
import Synchronization
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Event loop` {
        @Test func `runs its actor's code on its own thread`() async throws {
            #expect(!EventLoop.isCurrent)
            let isInside = try await LoopThread.run { EventLoop.isCurrent }
            #expect(isInside)
            let isInsideTask = await Task { @EventLoop in
                await Task.yield()
                return EventLoop.isCurrent
            }.value
            #expect(isInsideTask)
        }

        @Test func `runs ten thousand jobs from several threads, each once`() async throws {
            let recorder = Recorder<Int>()
            try await LoopThread.run {}
            await withTaskGroup(of: Void.self) { group in
                for sender in 0..<4 {
                    group.addTask {
                        for number in 0..<2500 {
                            await Task { @EventLoop in recorder.events.append(sender * 2500 + number) }.value
                        }
                    }
                }
            }
            let events = try await LoopThread.run { recorder.events }
            #expect(events.sorted() == Array(0..<10_000))
        }

        @Test func `stops and can be run again`() async throws {
            try await LoopThread.run {}
            let before = LoopThread.returns.load(ordering: .relaxed)
            EventLoop.stop()
            #expect(try await eventually { LoopThread.returns.load(ordering: .relaxed) == before + 1 })
        }

        @Test func `gives a caller's error back without turning`() async {
            await #expect(processExitsWith: .success) {
                struct Refusal: Error {}
                #expect(throws: Refusal.self) {
                    try EventLoop.run { throw Refusal() }
                }
                // And afterwards it still works: this returns because the loop hears its own stop.
                EventLoop.run { EventLoop.stop() }
            }
        }

        @Test func `opens its door on its own thread only`() async {
            await #expect(processExitsWith: .failure) {
                EventLoop.callback {}
            }
        }

        @Test func `survives a write to a closed pipe`() async {
            await #expect(processExitsWith: .success) {
                EventLoop.run {
                    var ends: [Int32] = [0, 0]
                    pipe(&ends)
                    close(ends[0])
                    #expect(write(ends[1], "x", 1) == -1)
                    EventLoop.stop()
                }
            }
        }
    }

    @Suite struct `Mailbox` {
        @Test func `delivers everything, in each sender's order, never empty-handed`() async throws {
            let recorder = Recorder<[Int]>()
            let mailbox = try await LoopThread.run { Network.Mailbox<Int> { recorder.events.append($0) } }
            let threads = 4
            let perThread = 5000
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<threads {
                    group.addTask {
                        for number in 0..<perThread where number % 2 == 0 {
                            mailbox.push([thread * perThread + number, thread * perThread + number + 1])
                        }
                    }
                }
            }
            #expect(try await eventually { recorder.events.reduce(0) { $0 + $1.count } == threads * perThread })
            let batches = try await LoopThread.run { recorder.events }
            #expect(!batches.contains([]))
            let all = batches.flatMap { $0 }
            for thread in 0..<threads {
                #expect(all.filter { $0 / perThread == thread } == Array(thread * perThread..<(thread + 1) * perThread))
            }
        }

        @Test func `drains a burst in one call`() async throws {
            let recorder = Recorder<[Int]>()
            let mailbox = try await LoopThread.run {
                let mailbox = Network.Mailbox<Int> { recorder.events.append($0) }
                // The loop is busy here, so that all of these meet one drain.
                for number in 0..<100 { mailbox.push(number) }
                return mailbox
            }
            #expect(try await eventually { recorder.events == [Array(0..<100)] })
            mailbox.push([])
            mailbox.push(7)
            #expect(try await eventually { recorder.events.last == [7] })
        }

        @Test func `goes when its holder lets go`() async throws {
            #expect(try await loopComesToRest())
            do {
                let mailbox = try await LoopThread.run { Network.Mailbox<Int> { _ in } }
                mailbox.push(1)
                #expect(try await LoopThread.run { EventLoop.openHandleCount } == 2)
            }
            #expect(try await loopComesToRest())
        }
    }

    @Suite struct `Deadline timer` {
        @Test func `fires once, or again and again until it is cancelled`() async throws {
            let once = Recorder<Int>()
            let often = Recorder<Int>()
            let timers = Recorder<DeadlineTimer>()
            try await LoopThread.run {
                let single = DeadlineTimer { once.events.append(1) }
                single.start(after: .milliseconds(1))
                let repeating = DeadlineTimer {
                    often.events.append(1)
                    if often.events.count == 5 { timers.events[1].cancel() }
                }
                repeating.start(after: .zero, every: .milliseconds(1))
                timers.events = [single, repeating]
            }
            #expect(try await eventually { often.events.count >= 5 && once.events.count >= 1 })
            try await Task.sleep(for: .milliseconds(20))
            #expect(try await LoopThread.run { once.events.count } == 1)
            #expect(try await LoopThread.run { often.events.count } == 5)
            #expect(try await LoopThread.run { timers.events.map(\.isRunning) } == [false, false])
            try await LoopThread.run { timers.events[0].start(after: .milliseconds(1)) }
            #expect(try await eventually { once.events.count == 2 })
            try await LoopThread.run { timers.events = [] }
        }

        @Test func `takes any duration`() async throws {
            let recorder = Recorder<Int>()
            let holder = Recorder<DeadlineTimer>()
            try await LoopThread.run {
                let distant = DeadlineTimer { recorder.events.append(1) }
                distant.start(after: .seconds(Int64.max), every: .seconds(Int64.max))
                let past = DeadlineTimer { recorder.events.append(2) }
                past.start(after: .seconds(Int64.min))
                holder.events = [distant, past]
            }
            #expect(try await eventually { recorder.events == [2] })
            #expect(try await LoopThread.run { holder.events.map(\.isRunning) } == [true, false])
            try await LoopThread.run { holder.events = [] }
        }

        @Test func `never fires after it is let go, and leaves no handle`() async throws {
            #expect(try await loopComesToRest())
            let recorder = Recorder<Int>()
            try await LoopThread.run {
                let timer = DeadlineTimer { recorder.events.append(1) }
                timer.start(after: .milliseconds(1), every: .milliseconds(1))
            }
            #expect(try await loopComesToRest())
            try await Task.sleep(for: .milliseconds(20))
            #expect(try await LoopThread.run { recorder.events.isEmpty })
        }

        @Test func `may be let go by its own handler, or off the loop`() async throws {
            #expect(try await loopComesToRest())
            let holder = Recorder<DeadlineTimer>()
            try await LoopThread.run {
                let timer = DeadlineTimer { holder.events = [] }
                timer.start(after: .milliseconds(1))
                holder.events = [timer]
            }
            #expect(try await eventually { holder.events.isEmpty })
            do {
                let elsewhere = try await LoopThread.run {
                    let timer = DeadlineTimer {}
                    timer.start(after: .seconds(100))
                    return timer
                }
                _ = elsewhere
            }
            #expect(try await loopComesToRest())
        }
    }

    @Suite struct `Signal source` {
        @Test func `turns signals into calls`() async throws {
            #expect(try await loopComesToRest())
            let recorder = Recorder<SignalSource.Signal>()
            let holder = Recorder<SignalSource>()
            try await LoopThread.run {
                holder.events = [try SignalSource { recorder.events.append($0) }]
            }
            kill(getpid(), SIGTERM)
            #expect(try await eventually { recorder.events == [.terminate] })
            kill(getpid(), SIGHUP)
            #expect(try await eventually { recorder.events == [.terminate, .hangup] })
            kill(getpid(), SIGINT)
            #expect(try await eventually { recorder.events == [.terminate, .hangup, .interrupt] })
            try await LoopThread.run { holder.events = [] }
            #expect(try await loopComesToRest())
        }
    }

    @Suite struct `Offloading` {
        @Test func `works elsewhere and comes back once`() async throws {
            let recorder = Recorder<Int>()
            let workOnLoop = Atomic<Int>(0)
            try await LoopThread.run {
                for number in 0..<200 {
                    EventLoop.offload {
                        if EventLoop.isCurrent { workOnLoop.add(1, ordering: .relaxed) }
                        return number * number
                    } then: { square in
                        if EventLoop.isCurrent { recorder.events.append(square) }
                    }
                }
            }
            #expect(try await eventually { recorder.events.count == 200 })
            #expect(try await LoopThread.run { recorder.events.sorted() } == (0..<200).map { $0 * $0 })
            #expect(workOnLoop.load(ordering: .relaxed) == 0)
        }
    }
}
