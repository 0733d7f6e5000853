// Tokenizer+GGUF.swift — a tokenizer from what a GGUF file carries.
// Tokenization › GGUF.

extension Tokenizer {
    /// Checks `vocabulary` and makes a tokenizer that gives llama.cpp's ids.
    package convenience init(gguf vocabulary: GGUFVocabulary) throws(TokenizerError) {
        let vocabulary = vocabulary.withoutNoneIDs()
        switch vocabulary.model {
        case "llama": self.init(try TokenizerParts(sentencePiece: vocabulary))
        case "gpt2": self.init(try TokenizerParts(byteLevel: vocabulary))
        default: throw .unsupported(part: "tokenizer.ggml.model", value: "\"\(vocabulary.model)\"")
        }
    }
}
