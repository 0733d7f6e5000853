// GGUFVocabulary+File.swift — the keys of a GGUF file that its tokenizer is made of.
// swiftlet › Loading.  Here because Checkpoint and Tokenization do not know each other.

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
        let template = "tokenizer.chat_template"
        if metadata.has(template) { chatTemplate = try metadata.string(template) }
        if metadata.has(template + ".tool_use") { toolChatTemplate = try metadata.string(template + ".tool_use") }
    }
}
