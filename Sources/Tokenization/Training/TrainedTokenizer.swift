// TrainedTokenizer.swift — what training gave, as a tokenizer.json.
// Tokenization › Training.  Format: Hugging Face `tokenizers`, version 1.0.

import Base

/// A new vocabulary with its merge rules.
package struct TrainedTokenizer: Sendable {
    /// Every id's piece as the file writes it: special tokens first.
    let names: [[UInt8]]
    let specialTokenCount: Int
    /// The strongest first; each pair once.
    let rules: [MergeLearner.Rule]
    let preTokenizer: TrainingPreTokenizer

    /// - Parameter rules: a pair that comes twice has the later place, as in the reference.
    init(names: [[UInt8]], specialTokenCount: Int, rules: [MergeLearner.Rule], preTokenizer: TrainingPreTokenizer) {
        self.names = names
        self.specialTokenCount = specialTokenCount
        self.preTokenizer = preTokenizer
        var seen = Set<UInt64>(minimumCapacity: rules.count)
        self.rules = rules.reversed().filter { seen.insert(PairCounts.key($0.left, $0.right)).inserted }.reversed()
    }

    package var vocabularySize: Int { names.count }
    package var mergeCount: Int { rules.count }

    /// The bytes of a tokenizer.json that Hugging Face `tokenizers` and this program load.
    package var tokenizerFile: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("version", "1.0")
            json.nullField("truncation")
            json.nullField("padding")
            json.key("added_tokens")
            json.array { json in
                for id in 0..<specialTokenCount { json.writeSpecialToken(id: id, name: names[id]) }
            }
            json.nullField("normalizer")
            json.key("pre_tokenizer")
            preTokenizer.write(to: &json)
            json.nullField("post_processor")
            json.key("decoder")
            json.writeByteLevel(usesRegex: true)
            json.key("model")
            writeModel(to: &json)
        }
        json.endLine()
        return json.bytes
    }

    private func writeModel(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", "BPE")
            json.nullField("dropout")
            json.nullField("unk_token")
            json.nullField("continuing_subword_prefix")
            json.nullField("end_of_word_suffix")
            json.field("fuse_unk", false)
            json.field("byte_fallback", false)
            json.field("ignore_merges", false)
            json.key("vocab")
            json.object { json in
                for (id, name) in names.enumerated() { json.field(String(decoding: name, as: UTF8.self), id) }
            }
            json.key("merges")
            json.array { json in
                for rule in rules {
                    json.array { json in
                        json.string(utf8: names[Int(rule.left)])
                        json.string(utf8: names[Int(rule.right)])
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func writeSpecialToken(id: Int, name: [UInt8]) {
        object { json in
            json.field("id", id)
            json.field("content", utf8: name)
            json.field("single_word", false)
            json.field("lstrip", false)
            json.field("rstrip", false)
            json.field("normalized", false)
            json.field("special", true)
        }
    }
}
