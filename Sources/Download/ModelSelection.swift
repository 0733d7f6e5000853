// ModelSelection.swift — which files of a repository a model needs.
// Download.

package enum ModelSelection {
    /// Numbers, tokenizer and template; what is not there is not needed.
    private static let small: Set<String> = [
        "config.json", "generation_config.json",
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json",
        "additional_chat_templates/tool_use.jinja",
        // An encoder's: how tokens become one vector.
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
    ]

    /// The files that `--model` reads: the small ones and the safetensors weights, small ones first.
    ///
    /// Some repositories hold the weights twice, the maker's own file beside `model….safetensors`: then only the
    /// latter are taken, for they are what the index names.
    package static func choose(_ files: [RemoteFile], repository: Repository) throws(DownloadError) -> [RemoteFile] {
        let weights = files.filter { $0.path.hasSuffix(".safetensors") && !$0.path.contains("/") }
        let standard = weights.filter { $0.path.hasPrefix("model.") || $0.path.hasPrefix("model-") }
        let chosen = standard.isEmpty ? weights : standard
        guard !chosen.isEmpty else {
            let gguf = files.filter { $0.path.hasSuffix(".gguf") }.prefix(8).map(\.path)
            throw .noWeights(
                repository: repository.id,
                advice: gguf.isEmpty
                    ? "other formats cannot be loaded"
                    : "choose a GGUF file with --file: \(gguf.joined(separator: ", "))")
        }
        let others = files.filter { small.contains($0.path) || $0.path == "model.safetensors.index.json" }
        return others + chosen
    }

    /// The one file that `--file` names.
    package static func choose(
        _ wanted: String, among files: [RemoteFile], repository: Repository
    ) throws(DownloadError) -> RemoteFile {
        if let file = files.first(where: { $0.path.utf8.elementsEqual(wanted.utf8) }) { return file }
        let ending = wanted.split(separator: ".").last.map { "." + $0 } ?? ""
        let similar = files.map(\.path).filter { !ending.isEmpty && $0.hasSuffix(ending) }.prefix(8)
        throw .noSuchFile(repository: repository.id, file: wanted, similar: Array(similar))
    }
}
