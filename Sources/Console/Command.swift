// Command.swift — what every subcommand of both programs states about itself.
// Console.

/// One subcommand.
package protocol Command {
    static var name: String { get }
    /// One line for the program's help.
    static var summary: String { get }
    /// What stands after the options in the usage line.
    static var operands: String { get }
    static var options: [OptionDefinition] { get }

    /// - Throws: `UsageError` for wrong usage; anything else is shown as the reason for failure.
    static func run(_ arguments: Arguments) throws
}

extension Command {
    package static var operands: String { "" }

    /// The command's own help.
    static func help(program: String) -> String {
        var lines = [
            "\(summary)", "", "usage: \(program) \(name) [options]\(operands.isEmpty ? "" : " " + operands)", "",
        ]
        let heads = options.map { "  \($0.name)\($0.value.map { " " + $0 } ?? "")" }
        let width = heads.map(\.count).max() ?? 0
        for (head, option) in zip(heads, options) {
            lines.append(head + String(repeating: " ", count: width - head.count + 2) + option.help)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
