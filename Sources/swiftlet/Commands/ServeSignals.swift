// ServeSignals.swift — what a running server does on SIGTERM, Ctrl-C and SIGHUP.
// swiftlet › Commands.

import Console
import Glibc
import Limiting
import Network
import Server

/// SIGTERM and Ctrl-C drain, a second one ends at once; SIGHUP reads the configuration file again.
@EventLoop final class ServeSignals {
    private let server: SwiftletServer
    private let commandLine: Arguments
    /// What the server was started with: only a new start changes most of it.
    private let started: Arguments
    private var current: Arguments
    private var drainTimeout: Duration

    init(_ server: SwiftletServer, _ commandLine: Arguments, started: Arguments, _ settings: ServeSettings) {
        self.server = server
        self.commandLine = commandLine
        self.started = started
        current = started
        drainTimeout = settings.drainTimeout
    }

    /// Answers signals as long as somebody holds the result.
    func watch() throws(NetworkError) -> SignalSource {
        try SignalSource { [self] signal in
            if signal == .hangup { return reload() }
            if server.isDraining { _exit(128 + signal.number) }
            Output.note(
                "draining: open answers may finish within \(drainTimeout.components.seconds) s; again to stop now")
            server.drain(deadline: drainTimeout) { EventLoop.stop() }
        }
    }

    /// A file that is wrong changes nothing.
    private func reload() {
        guard let path = commandLine["--config"] ?? commandLine["--api-keys"] else {
            return Output.note(
                "SIGHUP: there is nothing to read again, the server was started without --config and --api-keys")
        }
        do {
            let arguments = try ServeCommand.withFile(commandLine)
            let settings = try ServeSettings(arguments)
            let changed = arguments.differences(from: current).filter(ServeSettings.reloadable.contains)
            let waiting = arguments.differences(from: started).filter { !ServeSettings.reloadable.contains($0) }
            server.reload(settings.server)
            drainTimeout = settings.drainTimeout
            current = arguments
            Output.note("reloaded \(path): \(changed.isEmpty ? "nothing changed" : changed.joined(separator: ", "))")
            if let keys = arguments["--api-keys"], let ring = settings.server.authentication.ring {
                Output.note("reloaded \(keys): \(ring.keys.count) keys of \(ring.tenants.count) tenants")
            }
            if !waiting.isEmpty { Output.note("only a new start changes \(waiting.joined(separator: ", "))") }
        } catch {
            Output.note("SIGHUP: nothing is changed: \(error)")
        }
    }
}
