// PullCommand.swift — fetches a model from a hub into Models/.
// swiftlet › Commands.

import Base
import Console
import Download
import Glibc

enum PullCommand: Command {
    static let name = "pull"
    static let summary = "download a model from the Hugging Face hub or a mirror"
    static let operands = "OWNER/NAME"
    static let options = [
        OptionDefinition("--file", "F", "only this file, such as a .gguf (default: all that a model needs)"),
        OptionDefinition("--to", "DIR", "where the files go (default: Models/NAME)"),
        OptionDefinition("--endpoint", "URL", "the hub (default: \(ModelDownload.defaultEndpoint))"),
        OptionDefinition("--revision", "R", "a branch, tag or commit (default: main)"),
    ]
    static let notes = """
        examples
          swiftlet pull HuggingFaceTB/SmolLM2-135M-Instruct
          swiftlet pull bartowski/SmolLM2-135M-Instruct-GGUF --file SmolLM2-135M-Instruct-Q8_0.gguf
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.count == 1 else { throw UsageError("one repository is needed: OWNER/NAME") }
        let repository: Repository
        let download: ModelDownload
        let folder: String
        do throws(DownloadError) {
            repository = try Repository(arguments.positionals[0], revision: arguments["--revision"] ?? "main")
            folder = arguments["--to"] ?? (ModelLocator.modelsFolder ?? "Models") + "/" + repository.name
            download = try ModelDownload(
                repository, file: arguments["--file"], to: folder,
                endpoint: arguments["--endpoint"] ?? ModelDownload.defaultEndpoint, token: environment("HF_TOKEN"))
        } catch {
            throw UsageError("\(error)")
        }
        guard !folder.isEmpty else { throw UsageError("--to is empty") }
        let display = DownloadDisplay()
        defer { display.end() }
        let paths = try download.run { display.show($0) }
        display.end()
        // A GGUF file is a model by itself; of a folder's files only all together are.
        Output.line(arguments["--file"] == nil ? folder : paths[0])
    }

    /// Nil when it is not set, or set to nothing.
    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}

/// Shows the download on standard error: a bar on a terminal, a few plain lines in a pipe.
private final class DownloadDisplay {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var name = ""
    private var size = 0
    /// Bytes that an earlier run left: they count for the bar, and not for the speed.
    private var inherited = 0
    private var started: UInt64 = 0
    private var lastShown: UInt64 = 0
    private var hasBar = false

    private static let barInterval: UInt64 = 100_000_000
    private static let lineInterval: UInt64 = 10_000_000_000

    func show(_ event: DownloadEvent) {
        switch event {
        case .chosen(let files, let missing):
            let total = files.reduce(0) { $0 + $1.size }
            let kept = total > missing ? ", \(ByteText.text(total - missing)) of them already here" : ""
            note("\(files.count) \(files.count == 1 ? "file" : "files"), \(ByteText.text(total))\(kept)")
        case .started(let file, let position):
            name = file.path
            size = file.size
            inherited = position
            started = MonotonicTime().nanoseconds()
            lastShown = started
            if position > 0 { note("\(name): going on at \(ByteText.text(position)) of \(ByteText.text(size))") }
        case .startedOver(let file):
            inherited = 0
            note("\(file.path): what was here is of another file; starting over")
        case .progressed(_, let count):
            let now = MonotonicTime().nanoseconds()
            guard now - lastShown >= (isTerminal ? Self.barInterval : Self.lineInterval) else { return }
            lastShown = now
            if isTerminal { draw(count, now) } else { note("\(name): \(status(count, now))") }
        case .finished(let file): note("\(file.path): \(ByteText.text(file.size)), checksum right")
        case .kept(let file): note("\(file.path): already here")
        }
    }

    /// Leaves the terminal on a fresh line.
    func end() {
        if hasBar { Output.write("\r\u{1b}[K".utf8, to: STDERR_FILENO) }
        hasBar = false
    }

    private func note(_ text: String) {
        end()
        Output.note(text)
    }

    private func status(_ count: Int, _ now: UInt64) -> String {
        let speed = Double(count - inherited) / (Double(max(now - started, 1)) / 1e9)
        return "\(ByteText.text(count)) of \(ByteText.text(size)), \(ByteText.text(Int(speed)))/s"
    }

    private func draw(_ count: Int, _ now: UInt64) {
        let filled = Int(Double(count) / Double(max(size, 1)) * 30)
        let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: 30 - filled)
        Output.write("\r\u{1b}[K\(bar) \(status(count, now))  \(name)".utf8, to: STDERR_FILENO)
        hasBar = true
    }
}
