// GGUFVocabulary+HuggingFace.swift — a folder's tokenizer as GGUF writes it.
// Tokenization › GGUF.  As llama.cpp's convert_hf_to_gguf.py does for byte-level and SentencePiece-style tokenizers,
// with two differences: the pre-tokenizer is recognised by its rule instead of a hash over ids, and SentencePiece-style
// pieces get scores from the order of their merges, so that llama.cpp merges in the same order.

import Base

extension GGUFVocabulary {
    /// - Parameters:
    ///   - folder: with `tokenizer.json` and the files beside it.
    ///   - rowCount: rows of the model's embedding; ids without a token are filled up with unused ones.
    /// - Throws: `TokenizerError` for files that `Tokenizer.load` refuses too, and for tokenizers that GGUF has no
    ///   name for.
    package init(huggingFaceFolder folder: String, rowCount: Int) throws(TokenizerError) {
        let files = HuggingFaceFolder(folder)
        guard let bytes = try files.bytes("tokenizer.json") else {
            throw .unreadable(path: folder + "/tokenizer.json", reason: "there is no such file")
        }
        let root = try LocatedJSON.parse(bytes, file: "tokenizer.json")
        var parts = try TokenizerParts(tokenizerFile: root)
        try files.addRoles(to: &parts)
        guard case .bytePair(let bytePair) = parts.model else {
            throw root["model"].unsupported("other than byte pairs; GGUF has no name for it")
        }
        guard parts.pieces.count <= rowCount else {
            throw .invalidVocabulary(
                reason: "there are \(parts.pieces.count) tokens, but the model has \(rowCount) rows")
        }

        if parts.preTokenizer.pattern == nil {
            self.init(model: "llama", pre: "default", tokens: [])
            addSpacePrefix = parts.normalizer == .sentencePiece(addsPrefixSpace: true)
            guard addSpacePrefix == true || parts.normalizer == .sentencePiece(addsPrefixSpace: false) else {
                throw root["normalizer"].unsupported("as it is; GGUF has no name for it")
            }
        } else {
            self.init(model: "gpt2", pre: try Self.dialect(parts, bytePair, root), tokens: [])
        }
        try addTokens(parts, bytePair, root["model"]["vocab"], rowCount: rowCount)
        let rules = root["model"]["merges"].value.map(Self.rules) ?? []
        if model == "llama" {
            addScores(rules)
        } else {
            merges = rules.map { $0.left + [UInt8(ascii: " ")] + $0.right }
        }
        try addRoles(parts, files)
    }

    /// The name of the pre-tokenizer; the way back from `GGUFDialect`.
    private static func dialect(
        _ parts: TokenizerParts, _ bytePair: BytePairModel, _ root: LocatedJSON
    ) throws(TokenizerError) -> String {
        let plain = parts.preTokenizer
        // llama.cpp does without Qwen's canonical composition.
        let isPlain = !plain.addsPrefixSpace && parts.normalizer.steps.allSatisfy { $0 == .canonicalComposition }
        switch (plain.pattern, plain.isolatesDigits) {
        case (.gpt2, false) where isPlain: return "gpt-2"
        case (.gpt2, true) where isPlain: return "smollm"
        case (.cl100k(digits: 1), false) where isPlain: return "qwen2"
        case (.cl100k(digits: 3), false) where isPlain: return bytePair.ignoresMerges ? "llama-bpe" : "dbrx"
        default: throw root["pre_tokenizer"].unsupported("as it is; GGUF has no name for it")
        }
    }

    private mutating func addTokens(
        _ parts: TokenizerParts, _ bytePair: BytePairModel, _ vocabulary: LocatedJSON, rowCount: Int
    ) throws(TokenizerError) {
        tokens = (0..<rowCount).map { Array("[PAD\($0)]".utf8) }
        types = Array(repeating: GGUFTokenType.unused.rawValue, count: rowCount)
        for (piece, value) in vocabulary.value?.members.map({ ($0.key, $0.value) }) ?? [] {
            // TokenizerParts has checked the ids.
            guard let id = value.integer, tokens.indices.contains(id) else { continue }
            tokens[id] = piece
            let isByte = model == "llama" && piece.byteOfFallbackToken != nil
            types[id] = (isByte ? GGUFTokenType.byte : .normal).rawValue
        }
        for token in parts.addedTokens {
            tokens[Int(token.id)] = token.content
            let isControl = token.isSpecial || Self.looksSpecial(token.content)
            types[Int(token.id)] = (isControl ? GGUFTokenType.control : .userDefined).rawValue
        }
        if model == "llama", let id = bytePair.unknown { types[Int(id)] = GGUFTokenType.unknown.rawValue }
        unknown = bytePair.unknown.map(Int.init)
    }

    /// Models mark some control tokens, such as those for filling in the middle, as ordinary additions.
    private static func looksSpecial(_ token: [UInt8]) -> Bool {
        token.starts(with: "<|".utf8) && token.suffix(2).elementsEqual("|>".utf8) && token.count > 4
    }

    /// Both ways to write a rule (BytePairModel+File.swift), which has been checked.
    private static func rules(_ merges: JSON) -> [(left: [UInt8], right: [UInt8])] {
        merges.elements.compactMap { merge in
            if let text = merge.utf8, let blank = text.firstIndex(of: UInt8(ascii: " ")) {
                return (Array(text[..<blank]), Array(text[(blank + 1)...]))
            }
            guard let left = merge[0]?.utf8, let right = merge[1]?.utf8 else { return nil }
            return (left, right)
        }
    }

    /// The first rule that makes a piece says when it is merged: the earlier, the higher its score. What no rule makes
    /// comes last.
    private mutating func addScores(_ rules: [(left: [UInt8], right: [UInt8])]) {
        var rankOfPiece: [[UInt8]: Int] = [:]
        for (rank, rule) in rules.enumerated() {
            let piece = rule.left + rule.right
            if rankOfPiece[piece] == nil { rankOfPiece[piece] = rank }
        }
        scores = tokens.map { -Float(rankOfPiece[$0] ?? rules.count) }
    }

    private mutating func addRoles(_ parts: TokenizerParts, _ files: HuggingFaceFolder) throws(TokenizerError) {
        // Where no file names them, what stands around a text shows them.
        beginningOfSequence = parts.beginningOfSequence?.index ?? parts.prefix.first?.index
        // The token that the files call eos_token ends a sequence; where they name more, one of the others ends a turn.
        let ends = parts.endOfSequence.map(\.index)
        let named = ends.first { id in
            parts.templateVariables.contains(
                TemplateVariable("eos_token", .string(String(decoding: tokens[id], as: UTF8.self))))
        }
        endOfSequence = named ?? ends.first ?? parts.suffix.first?.index
        endOfTurn = ends.filter { $0 != endOfSequence }
        guard [[], [beginningOfSequence]].contains(parts.prefix.map(\.index)),
            [[], [endOfSequence]].contains(parts.suffix.map(\.index))
        else {
            throw .unsupported(
                part: "tokenizer.json: post_processor", value: "with other tokens than the beginning and the end")
        }
        addBeginningOfSequence = !parts.prefix.isEmpty
        addEndOfSequence = !parts.suffix.isEmpty
        let templates = try files.chatTemplateSources()
        (chatTemplate, toolChatTemplate) = (templates.plain, templates.withTools)
    }
}
