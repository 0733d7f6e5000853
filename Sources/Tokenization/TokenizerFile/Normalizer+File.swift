// Normalizer+File.swift — the `normalizer` of a tokenizer.json.
// Tokenization › TokenizerFile.

extension Normalizer {
    init(_ file: LocatedJSON) throws(TokenizerError) {
        if file.isAbsent { return }
        switch try file.type() {
        case "Sequence":
            for step in file["normalizers"].elements { steps += try Normalizer(step).steps }
        case "NFC":
            steps = [.canonicalComposition]
        case "NFD": steps = [.canonicalDecomposition]
        case "Lowercase": steps = [.lowercase]
        case "StripAccents": steps = [.stripAccents]
        case "Strip":
            steps = [
                .strip(left: try file["strip_left"].bool() ?? true, right: try file["strip_right"].bool() ?? true)
            ]
        case "BertNormalizer":
            let lowercases = try file["lowercase"].bool() ?? true
            steps = [
                .bert(
                    BertNormalization(
                        cleansText: try file["clean_text"].bool() ?? true,
                        separatesIdeographs: try file["handle_chinese_chars"].bool() ?? true,
                        // Null means: as the case is treated.
                        stripsAccents: try file["strip_accents"].bool() ?? lowercases, lowercases: lowercases))
            ]
        case "Prepend":
            let prefix = try file["prepend"].requiredBytes()
            if !prefix.isEmpty { steps = [.prepend(prefix)] }
        case "Replace":
            guard let pattern = try file["pattern"]["String"].bytes(), !pattern.isEmpty else {
                throw file["pattern"].unsupported("other than a plain string")
            }
            steps = [.replace(pattern, by: try file["content"].requiredBytes())]
        case let other: throw file.unsupported("\"\(other)\"")
        }
    }
}
