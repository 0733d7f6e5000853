// GGUFVocabulary+Keys.swift — an embedded vocabulary read from a GGUF file's metadata, and written as such.
// swiftlet › Loading.  Keys: the `tokenizer.*` part of the GGUF specification.

import Checkpoint
import Tokenization

extension GGUFVocabulary {
    /// The vocabulary embedded in a GGUF file's metadata.
    init(_ file: GGUFFile) throws(CheckpointError) {
        let metadata = file.metadata
        func optional<Value>(
            _ key: String, _ read: (String) throws(CheckpointError) -> Value
        ) throws(CheckpointError) -> Value? {
            let key = "tokenizer.ggml." + key
            return metadata.has(key) ? try read(key) : nil
        }
        self.init(
            model: try metadata.string("tokenizer.ggml.model"), pre: try optional("pre", metadata.string),
            tokens: try metadata.stringArray("tokenizer.ggml.tokens"))
        scores = try optional("scores", metadata.floatArray) ?? []
        types = try optional("token_type", metadata.integerArray)?.map { Int32(clamping: $0) } ?? []
        merges = try optional("merges", metadata.stringArray) ?? []
        beginningOfSequence = try optional("bos_token_id", metadata.integer)
        endOfSequence = try optional("eos_token_id", metadata.integer)
        unknown = try optional("unknown_token_id", metadata.integer)
        for key in ["eot_token_id", "eom_token_id"] {
            if let token = try optional(key, metadata.integer) { endOfTurn.append(token) }
        }
        addBeginningOfSequence = try optional("add_bos_token", metadata.bool)
        addEndOfSequence = try optional("add_eos_token", metadata.bool)
        addSpacePrefix = try optional("add_space_prefix", metadata.bool)
        if metadata.has("tokenizer.chat_template") { chatTemplate = try metadata.string("tokenizer.chat_template") }
    }
}

extension GGUFKeyValue {
    /// The way back: every key that the vocabulary has a value for.
    static func tokenizer(_ vocabulary: GGUFVocabulary) -> [GGUFKeyValue] {
        func key(_ name: String) -> String { "tokenizer.ggml." + name }
        func id(_ name: String, _ id: Int?) -> GGUFKeyValue? {
            id.flatMap(UInt32.init(exactly:)).map { GGUFKeyValue(key(name), $0) }
        }
        let optional = [
            vocabulary.pre.map { GGUFKeyValue(key("pre"), $0) },
            GGUFKeyValue(key("tokens"), strings: vocabulary.tokens),
            vocabulary.scores.isEmpty ? nil : GGUFKeyValue(key("scores"), floats: vocabulary.scores),
            vocabulary.types.isEmpty ? nil : GGUFKeyValue(key("token_type"), integers: vocabulary.types),
            vocabulary.merges.isEmpty ? nil : GGUFKeyValue(key("merges"), strings: vocabulary.merges),
            id("bos_token_id", vocabulary.beginningOfSequence), id("eos_token_id", vocabulary.endOfSequence),
            id("unknown_token_id", vocabulary.unknown), id("eot_token_id", vocabulary.endOfTurn.first),
            vocabulary.addBeginningOfSequence.map { GGUFKeyValue(key("add_bos_token"), $0) },
            vocabulary.addEndOfSequence.map { GGUFKeyValue(key("add_eos_token"), $0) },
            vocabulary.addSpacePrefix.map { GGUFKeyValue(key("add_space_prefix"), $0) },
            vocabulary.chatTemplate.map { GGUFKeyValue("tokenizer.chat_template", $0) },
        ]
        return [GGUFKeyValue(key("model"), vocabulary.model)] + optional.compactMap { $0 }
    }
}
