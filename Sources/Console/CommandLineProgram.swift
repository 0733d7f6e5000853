// CommandLineProgram.swift — picks the subcommand and turns errors into one line and an exit code.
// Console.

import Glibc

/// A program made of subcommands. Exit codes: 0 done, 1 a failure, 2 wrong usage.
package struct CommandLineProgram {
    private let name: String
    private let version: String
    private let purpose: String
    private let commands: [any Command.Type]

    package init(name: String, version: String, purpose: String, commands: [any Command.Type]) {
        self.name = name
        self.version = version
        self.purpose = purpose
        self.commands = commands
    }

    /// Runs what the process's arguments ask for.
    package func run() {
        // A closed pipe is noticed where it is written.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case nil:
            Output.write(overview.utf8, to: STDERR_FILENO)
            exit(2)
        case "--version", "version": Output.line("\(name) \(version)")
        case "help", "--help", "-h": help(for: words.dropFirst().first)
        case let command?: run(command, Array(words.dropFirst()))
        }
    }

    private func run(_ commandName: String, _ words: [String]) {
        let command = command(commandName)
        if words.contains("--help") || words.contains("-h") { return help(for: commandName) }
        do {
            try command.run(try Arguments(words, options: command.options))
        } catch let error as UsageError {
            fail("\(error); '\(name) help \(commandName)' shows the options", code: 2)
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private func command(_ commandName: String) -> any Command.Type {
        guard let command = commands.first(where: { $0.name == commandName }) else {
            fail("there is no command '\(commandName)'; '\(name) help' lists them", code: 2)
        }
        return command
    }

    private func help(for commandName: String?) {
        Output.write((commandName.map { command($0).help(program: name) } ?? overview).utf8)
    }

    private var overview: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let list = commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count + 3))\(command.summary)\n"
        }
        return """
            \(purpose)

            usage: \(name) COMMAND [options]

            \(list.joined())
            \(name) help COMMAND shows a command's options. Without --model, the embedded model is used.

            """
    }

    private func fail(_ message: String, code: Int32) -> Never {
        Output.note("\(name): \(message)")
        exit(code)
    }
}
