// Normalizer+File.swift — the `normalizer` of a tokenizer.json.
// Tokenization › TokenizerFile.

extension Normalizer {
    /// A blank becomes U+2581's three bytes; nobody needs much more, and steps multiply each other's growth.
    private static let mostGrowth = 64

    /// How many times as long a text can get, rounded up at each step; no more than is worth knowing.
    private var growth: Int {
        steps.reduce(1) { growth, step in
            guard case .replace(let pattern, let replacement) = step else { return growth }
            let factor = max(1, (replacement.count + pattern.count - 1) / pattern.count)
            return min(growth, Self.mostGrowth + 1) * min(factor, Self.mostGrowth + 1)
        }
    }

    init(_ file: LocatedJSON) throws(TokenizerError) {
        if file.isAbsent { return }
        switch try file.type() {
        case "Sequence":
            for step in file["normalizers"].elements { steps += try Normalizer(step).steps }
            guard growth <= Self.mostGrowth else {
                throw file.unsupported("that makes a text more than \(Self.mostGrowth) times as long")
            }
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
            guard growth <= Self.mostGrowth else {
                throw file["content"].unsupported("more than \(Self.mostGrowth) times as long as the pattern")
            }
        case let other: throw file.unsupported("\"\(other)\"")
        }
    }
}
