// TokenizerParts+GGUFByteLevel.swift — GGUF vocabularies of model "gpt2": byte-level merges by rank.
// Tokenization › GGUF.  The names of `tokenizer.ggml.pre` and what they mean are llama.cpp's.

import Base

extension TokenizerParts {
    init(byteLevel source: GGUFVocabulary) throws(TokenizerError) {
        let types = try source.checkedTypes()
        let dialect = try GGUFDialect(named: source.pre)
        let spellings = source.tokens.indices.map { id -> [UInt8] in
            switch types[id] {
            case .normal, .byte, .unused: ByteAlphabet.bytes(ofPiece: source.tokens[id]) ?? source.tokens[id]
            case .unknown, .control, .userDefined: source.tokens[id]
            }
        }
        let isMergeable = { (id: Int) in types[id] == .normal || types[id] == .userDefined }
        let vocabulary = Vocabulary(pieces: spellings.indices.map { isMergeable($0) ? spellings[$0] : [] })
        var merges = MergeTable.Builder(
            capacity: source.merges.count, vocabulary: vocabulary, isSpelledInByteAlphabet: true,
            file: "tokenizer.ggml.merges")
        for rule in source.merges {
            // Neither piece holds a blank: the alphabet writes blanks as Ġ.
            let blank = rule.firstIndex(of: UInt8(ascii: " ")) ?? rule.endIndex
            let span = rule.span
            try merges.append(span.extracting(..<blank), span.extracting(min(blank + 1, rule.count)...))
        }
        var model = BytePairModel(
            vocabulary: vocabulary, tokenCount: vocabulary.count, merges: merges.makeTable(),
            alphabet: .bytes((0..<256).map { vocabulary.id(of: [UInt8($0)]) ?? -1 }))
        model.ignoresMerges = dialect.ignoresMerges
        model.unknown = source.unknown.map(Int32.init)

        self.init(model: .bytePair(model), pieces: spellings)
        preTokenizer = dialect.preTokenizer
        addedTokens = source.addedTokens(types)
        if let beginning = source.beginningOfSequence {
            beginningOfSequence = TokenID(beginning)
            if source.addBeginningOfSequence ?? dialect.addsBeginningOfSequence { prefix = [TokenID(beginning)] }
        }
        if let end = source.endOfSequence, source.addEndOfSequence == true { suffix = [TokenID(end)] }
        endOfSequence = source.endTokens(types, endOfSequence: source.endOfSequence)
        templateVariables = source.templateVariables(
            beginning: source.beginningOfSequence, end: source.endOfSequence, unknown: source.unknown)
        chatTemplates = source.chatTemplates
    }
}

/// What llama.cpp derives from the name of a pre-tokenizer.
struct GGUFDialect {
    var preTokenizer: PreTokenizer
    var ignoresMerges = false
    var addsBeginningOfSequence = false

    init(named name: String?) throws(TokenizerError) {
        switch name {
        case "gpt-2", "phi-2", "mpt", "olmo", "jais":
            preTokenizer = PreTokenizer(pattern: .gpt2)
        case "llama-bpe", "llama3", "llama-v3", "falcon3":
            preTokenizer = PreTokenizer(pattern: .cl100k(digits: 3))
            ignoresMerges = true
            addsBeginningOfSequence = true
        case "dbrx", "smaug-bpe":
            preTokenizer = PreTokenizer(pattern: .cl100k(digits: 3))
        case "qwen2", "deepseek-r1-qwen", "stablelm2":
            preTokenizer = PreTokenizer(pattern: .cl100k(digits: 1))
        case "smollm", "starcoder", "refact", "command-r", "codeshell":
            preTokenizer = PreTokenizer(isolatesDigits: true, pattern: .gpt2)
        case nil, "default":
            preTokenizer = PreTokenizer(pattern: .llamaCppDefault)
        case .some(let other):
            throw .unsupported(part: "tokenizer.ggml.pre", value: "\"\(other)\"")
        }
    }
}
