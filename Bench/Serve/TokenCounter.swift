// TokenCounter.swift — our own count of tokens, where there is a tokenizer.
// Bench › Serve.

import Base
import LoadGeneration
import Tokenization

struct TokenCounter {
    let path: String?
    private let tokenizer: Tokenizer?

    init(_ path: String?) throws {
        self.path = path
        tokenizer = try path.map { try Tokenizer(tokenizerFile: try ReadFile.bytes($0)) }
    }

    func count(_ text: String) -> Int {
        // Without a tokenizer: English has about four letters to a token.
        tokenizer?.encode(text, addSpecialTokens: false, parseSpecialTokens: false).count ?? max(1, text.utf8.count / 4)
    }

    /// Measured on a thousand of the words that synthetic prompts are made of.
    var wordsPerToken: Double {
        guard tokenizer != nil else { return 1 }
        var words = WordSource(seed: 0)
        return 1000 / Double(max(1, count(words.words(1000))))
    }

    /// The same result with our counts beside the server's. `sessions` is what was asked.
    ///
    /// A prompt is counted where it is known word for word: the first turn of a session, with the tokenizer's special
    /// tokens; a chat's without them, since its template is the server's. An answer is counted by encoding its text again:
    /// where a model does not take the shortest spelling of its own text, the counts differ without anybody being wrong,
    /// which is why they are reported and no error.
    func count(_ result: RunResult, of sessions: [Session]) -> RunResult {
        guard let tokenizer else { return result }
        let isChat = result.description.endpoint.hasSuffix("chat/completions")
        let records = result.records.map { record in
            var counted = record
            if record.turn == 0, record.session < sessions.count, let turn = sessions[record.session].turns.first {
                counted.countedPromptTokens =
                    tokenizer.encode(
                        LoadPlan.prompt(turn.messages), addSpecialTokens: !isChat, parseSpecialTokens: false
                    ).count
            }
            if record.isCompleted { counted.countedOutputTokens = count(String(decoding: record.text, as: UTF8.self)) }
            return counted
        }
        var counted = RunResult(result.description, records: records)
        counted.speculation = result.speculation
        counted.peakConcurrency = result.peakConcurrency
        return counted
    }
}
