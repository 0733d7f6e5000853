// Command.swift — what every subcommand of both programs states about itself.
// Console.

/// Options that belong together in the help.
package struct OptionSection {
    package let title: String
    package let options: [OptionDefinition]

    package init(_ title: String, _ options: [OptionDefinition]) {
        self.title = title
        self.options = options
    }
}

/// One subcommand.
package protocol Command {
    static var name: String { get }
    /// One line for the program's help.
    static var summary: String { get }
    /// What stands before the options in the usage line, and after them where standard input is read.
    static var operands: String { get }
    static var input: String { get }
    static var options: [OptionDefinition] { get }
    /// `options` as the help groups them; one group without a title where a command does not say otherwise.
    static var sections: [OptionSection] { get }
    /// What the help ends with: examples, and what a reader should know besides.
    static var notes: String { get }

    /// - Throws: `UsageError` for wrong usage; anything else is shown as the reason for failure.
    static func run(_ arguments: Arguments) throws
}

extension Command {
    package static var operands: String { "" }
    package static var input: String { "" }
    package static var sections: [OptionSection] { [OptionSection("", options)] }
    package static var notes: String { "" }

    /// The command's own help.
    static func help(program: String) -> String {
        let usage = [program, name, operands, "[options]", input].filter { !$0.isEmpty }.joined(separator: " ")
        var lines = [summary, "", "usage: " + usage]
        func head(_ option: OptionDefinition) -> String { "  \(option.name)\(option.value.map { " " + $0 } ?? "")" }
        let width = options.map { head($0).count }.max() ?? 0
        for section in sections where !section.options.isEmpty {
            lines.append("")
            if !section.title.isEmpty { lines.append(section.title) }
            for option in section.options {
                let head = head(option)
                lines.append(head + String(repeating: " ", count: width - head.count + 2) + option.help)
            }
        }
        if !notes.isEmpty { lines += ["", notes] }
        return lines.joined(separator: "\n") + "\n"
    }
}
