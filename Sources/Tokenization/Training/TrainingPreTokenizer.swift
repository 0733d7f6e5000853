// TrainingPreTokenizer.swift — the ways to cut text into words that a new tokenizer may have.
// Tokenization › Training.

import Base

/// A pre-tokenizer known by the model that made it common. Each has a hand-written scanner.
package enum TrainingPreTokenizer: String, CaseIterable, Sendable {
    /// GPT-2's pattern: words with the blank before them, runs of digits, runs of other characters.
    case gpt2
    /// As GPT-2, but every digit stands alone.
    case smollm
    /// cl100k's pattern with up to three digits together.
    case llama3
    /// cl100k's pattern with every digit alone.
    case qwen2

    var preTokenizer: PreTokenizer {
        switch self {
        case .gpt2: PreTokenizer(pattern: .gpt2)
        case .smollm: PreTokenizer(isolatesDigits: true, pattern: .gpt2)
        case .llama3: PreTokenizer(pattern: .cl100k(digits: 3))
        case .qwen2: PreTokenizer(pattern: .cl100k(digits: 1))
        }
    }

    /// The value of `pre_tokenizer` in a tokenizer.json.
    func write(to json: inout JSONWriter) {
        switch self {
        case .gpt2: json.writeByteLevel(usesRegex: true)
        case .smollm:
            json.writeSequence { json in
                json.object { json in
                    json.field("type", "Digits")
                    json.field("individual_digits", true)
                }
                json.writeByteLevel(usesRegex: true)
            }
        case .llama3: json.writeSplit(WordPattern.cl100kRegex(digits: 3))
        case .qwen2: json.writeSplit(WordPattern.cl100kRegex(digits: 1))
        }
    }
}

extension JSONWriter {
    mutating func writeByteLevel(usesRegex: Bool) {
        object { json in
            json.field("type", "ByteLevel")
            json.field("add_prefix_space", false)
            json.field("trim_offsets", true)
            json.field("use_regex", usesRegex)
        }
    }

    fileprivate mutating func writeSequence(_ steps: (inout JSONWriter) -> Void) {
        object { json in
            json.field("type", "Sequence")
            json.key("pretokenizers")
            json.array(steps)
        }
    }

    fileprivate mutating func writeSplit(_ regex: String) {
        writeSequence { json in
            json.object { json in
                json.field("type", "Split")
                json.key("pattern")
                json.object { $0.field("Regex", regex) }
                json.field("behavior", "Isolated")
                json.field("invert", false)
            }
            json.writeByteLevel(usesRegex: false)
        }
    }
}
