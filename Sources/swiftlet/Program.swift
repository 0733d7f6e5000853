// Program.swift — the command line's entrance.
// swiftlet.  The only module that wires all others together; each command is one file under Commands/.

import Console

@main
enum Program {
    static func main() {
        CommandLineProgram(
            name: "swiftlet", version: "0.1.0", purpose: "Swiftlet serves small language models on ordinary CPUs.",
            commands: [
                ServeCommand.self, GenerateCommand.self, ChatCommand.self, TokenizeCommand.self, TokenizerCommand.self,
                PerplexityCommand.self, QuantizeCommand.self, PullCommand.self, EmbedCommand.self, CorpusCommand.self,
                IndexCommand.self, SearchCommand.self, ExplainCommand.self,
                EvaluateCommand.self,
            ]
        ).run()
    }
}
