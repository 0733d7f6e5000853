// Program.swift — the command line's entrance.
// swiftlet.  The only module that wires the others together; each command is one file under Commands/.

import Glibc

@main
enum Program {
    static let version = "0.1.0"
    static var commands: [any Command.Type] {
        [ServeCommand.self, GenerateCommand.self, TokenizeCommand.self, PerplexityCommand.self]
    }

    static func main() {
        // A closed pipe is noticed where it is written.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        guard let first = words.first else {
            Output.write(overview.utf8)
            exit(2)
        }
        switch first {
        case "--version", "version": Output.line("swiftlet \(version)")
        case "help", "--help", "-h": help(for: words.dropFirst().first)
        default: run(first, Array(words.dropFirst()))
        }
    }

    private static func run(_ name: String, _ words: [String]) {
        guard let command = commands.first(where: { $0.name == name }) else {
            fail("there is no command '\(name)'; 'swiftlet help' lists them", code: 2)
        }
        if words.contains("--help") || words.contains("-h") { return help(for: name) }
        do {
            try command.run(try Arguments(words, options: command.options))
        } catch let error as UsageError {
            fail("\(error); 'swiftlet help \(name)' shows the options", code: 2)
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private static func help(for name: String?) {
        guard let name else { return Output.write(overview.utf8) }
        guard let command = commands.first(where: { $0.name == name }) else {
            fail("there is no command '\(name)'; 'swiftlet help' lists them", code: 2)
        }
        Output.write(command.help.utf8)
    }

    private static var overview: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let list = commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count + 3))\(command.summary)\n"
        }
        return """
            Swiftlet serves small language models on ordinary CPUs.

            usage: swiftlet COMMAND [options]

            \(list.joined())
            swiftlet help COMMAND shows a command's options. Without --model, the embedded model is used.

            """
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        Output.note("swiftlet: \(message)")
        exit(code)
    }
}
