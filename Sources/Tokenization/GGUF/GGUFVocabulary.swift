// GGUFVocabulary.swift — the tokenizer that a GGUF file carries in its metadata, as plain values.
// Tokenization › GGUF.  Format: the `tokenizer.ggml.*` keys of ggml's GGUF specification.

import Base

/// A GGUF file's embedded vocabulary. Whoever reads the file fills this in; nothing in it is trusted.
package struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.model`: "llama" (SentencePiece-style) or "gpt2" (byte-level).
    package var model: String
    /// `tokenizer.ggml.pre`: how byte-level text is cut into words.
    package var pre: String?
    /// `tokenizer.ggml.tokens`: each id's text, in the byte alphabet for byte-level models.
    package var tokens: [[UInt8]]
    /// `tokenizer.ggml.scores`: a SentencePiece-style model merges the highest first. Empty if absent.
    package var scores: [Float] = []
    /// `tokenizer.ggml.token_type`: see `GGUFTokenType`. Empty if absent: every token is normal.
    package var types: [Int32] = []
    /// `tokenizer.ggml.merges`: "left right", the strongest first. Empty if absent.
    package var merges: [[UInt8]] = []
    /// `tokenizer.ggml.bos_token_id`, `eos_token_id`, `unknown_token_id`.
    package var beginningOfSequence: Int?
    package var endOfSequence: Int?
    package var unknown: Int?
    /// `tokenizer.ggml.eot_token_id` and other ids that end an answer.
    package var endOfTurn: [Int] = []
    /// `tokenizer.ggml.add_bos_token`, `add_eos_token`, `add_space_prefix`; nil where absent.
    package var addBeginningOfSequence: Bool?
    package var addEndOfSequence: Bool?
    package var addSpacePrefix: Bool?
    /// `tokenizer.chat_template`, and `.tool_use` below it: for conversations with tools.
    package var chatTemplate: String?
    package var toolChatTemplate: String?

    package init(model: String, pre: String? = nil, tokens: [[UInt8]]) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
    }
}

/// What a token is for.
enum GGUFTokenType: Int32 {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
}

extension GGUFVocabulary {
    /// Writers put all ones where they mean "none".
    static func isNone(_ id: Int) -> Bool { id == -1 || id == Int(UInt32.max) }

    /// The same with ids that mean "none" left out.
    func withoutNoneIDs() -> GGUFVocabulary {
        var result = self
        let named = { (id: Int?) in id.flatMap { GGUFVocabulary.isNone($0) ? nil : $0 } }
        result.beginningOfSequence = named(beginningOfSequence)
        result.endOfSequence = named(endOfSequence)
        result.unknown = named(unknown)
        result.endOfTurn.removeAll(where: GGUFVocabulary.isNone)
        return result
    }

    /// The types of all tokens, or why the vocabulary cannot be used: lengths that disagree, ids out of range.
    func checkedTypes() throws(TokenizerError) -> [GGUFTokenType] {
        guard !tokens.isEmpty else { throw .invalidVocabulary(reason: "tokenizer.ggml.tokens is empty") }
        guard tokens.count <= Vocabulary.maximumCount else {
            throw .invalidVocabulary(
                reason: "tokenizer.ggml.tokens has \(tokens.count) entries; at most \(Vocabulary.maximumCount) are read"
            )
        }
        for (key, count) in [("scores", scores.count), ("token_type", types.count)]
        where count != 0 && count != tokens.count {
            throw .invalidVocabulary(
                reason: "tokenizer.ggml.\(key) has \(count) entries, but there are \(tokens.count) tokens")
        }
        let named = [
            ("bos_token_id", beginningOfSequence), ("eos_token_id", endOfSequence), ("unknown_token_id", unknown),
        ]
        for (key, id) in named + endOfTurn.map({ ("eot_token_id", $0) }) {
            if let id, !tokens.indices.contains(id) {
                throw .invalidVocabulary(
                    reason: "tokenizer.ggml.\(key) is \(id), but there are \(tokens.count) tokens")
            }
        }
        if types.isEmpty { return [GGUFTokenType](repeating: .normal, count: tokens.count) }
        var checked: [GGUFTokenType] = []
        checked.reserveCapacity(types.count)
        for (id, raw) in types.enumerated() {
            guard let type = GGUFTokenType(rawValue: raw) else {
                throw .invalidVocabulary(reason: "tokenizer.ggml.token_type of token \(id) is \(raw); 1 to 6 are known")
            }
            checked.append(type)
        }
        return checked
    }

    /// Control, unknown and user-defined tokens are found in the text as it stands, not merged.
    func addedTokens(_ types: [GGUFTokenType]) -> [AddedToken] {
        types.indices.compactMap { id in
            switch types[id] {
            case .control, .unknown: AddedToken(id: Int32(id), content: tokens[id], isSpecial: true)
            case .userDefined: AddedToken(id: Int32(id), content: tokens[id], isSpecial: false)
            case .normal, .unused, .byte: nil
            }
        }
    }

    /// What ends an answer: the ids that the file names, and control tokens that other files use under these names
    /// (many conversions name only the end of a document, while the chat template ends a turn with another).
    func endTokens(_ types: [GGUFTokenType], endOfSequence: Int?) -> [TokenID] {
        let names: Set<[UInt8]> = Set(
            [
                "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|end_of_text|>", "<|endoftext|>",
                "<end_of_turn>", "<end_of_utterance>", "<|return|>", "<|call|>",
            ].map { Array($0.utf8) })
        var ends = [endOfSequence].compactMap { $0 } + endOfTurn
        for id in types.indices where types[id] == .control && names.contains(tokens[id]) { ends.append(id) }
        var seen: Set<Int> = []
        return ends.filter { seen.insert($0).inserted }.map { TokenID($0) }
    }

    var chatTemplates: ChatTemplates {
        ChatTemplates(ChatTemplateSources(plain: chatTemplate, withTools: toolChatTemplate))
    }

    /// `bos_token` and so on for the chat template.
    func templateVariables(beginning: Int?, end: Int?, unknown: Int?) -> [TemplateVariable] {
        [("bos_token", beginning), ("eos_token", end), ("unk_token", unknown)].compactMap { name, id in
            id.map { TemplateVariable(name, .string(String(decoding: tokens[$0], as: UTF8.self))) }
        }
    }
}
