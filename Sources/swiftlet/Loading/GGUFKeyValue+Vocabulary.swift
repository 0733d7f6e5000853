// GGUFKeyValue+Vocabulary.swift — a tokenizer as the keys of a GGUF file that is written.
// swiftlet › Loading.  Keys: the `tokenizer.*` part of the GGUF specification.

import Checkpoint
import Tokenization

extension GGUFKeyValue {
    /// The way back from `GGUFVocabulary(file)`: every key that the vocabulary has a value for.
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
            vocabulary.toolChatTemplate.map { GGUFKeyValue("tokenizer.chat_template.tool_use", $0) },
        ]
        return [GGUFKeyValue(key("model"), vocabulary.model)] + optional.compactMap { $0 }
    }
}
