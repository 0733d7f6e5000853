// PreTokenizer+File.swift — the `pre_tokenizer` of a tokenizer.json.
// Tokenization › TokenizerFile.

extension PreTokenizer {
    /// - Returns: how text is cut, and whether its bytes are then written in the byte alphabet.
    static func read(_ file: LocatedJSON) throws(TokenizerError) -> (PreTokenizer, isByteLevel: Bool) {
        var result = PreTokenizer()
        if file.isAbsent { return (result, false) }
        let steps = try file.type() == "Sequence" ? file["pretokenizers"].elements : [file]
        var isByteLevel = false
        for (index, step) in steps.enumerated() {
            switch try step.type() {
            case "ByteLevel":
                isByteLevel = true
                result.addsPrefixSpace = try step["add_prefix_space"].bool() ?? true
                if result.addsPrefixSpace && index > 0 {
                    throw step["add_prefix_space"].unsupported("true after another pre-tokenizer")
                }
                if try step["use_regex"].bool() ?? true { try result.setPattern(.gpt2, step) }
            case "Digits":
                guard try step["individual_digits"].bool() ?? false else {
                    throw step["individual_digits"].unsupported("false")
                }
                if result.pattern != nil { throw step.unsupported("\"Digits\" after a pattern") }
                result.isolatesDigits = true
            case "Split":
                try result.setPattern(try WordPattern(split: step), step)
            case let other: throw step.unsupported("\"\(other)\"")
            }
        }
        if !isByteLevel { throw file.unsupported("without \"ByteLevel\"") }
        // Without a pattern, digits would still split: a combination that no known model uses.
        if result.isolatesDigits && result.pattern == nil { throw file.unsupported("\"Digits\" without a pattern") }
        return (result, isByteLevel)
    }

    private mutating func setPattern(_ pattern: WordPattern, _ step: LocatedJSON) throws(TokenizerError) {
        if self.pattern != nil { throw step.unsupported("as a second pattern") }
        self.pattern = pattern
    }
}

extension WordPattern {
    private static let contractions = "'s|'t|'re|'ve|'m|'ll|'d"
    private static let spaces = #"\s+(?!\S)|\s+"#
    static let gpt2Regex = contractions + #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|"# + spaces

    /// The regular expression that `cl100k(digits:)` scans for.
    static func cl100kRegex(digits: Int) -> String {
        "(?i:" + contractions + ")" + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + (digits == 1 ? "" : "{1,\(digits)}")
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"# + spaces
    }

    /// Recognises the regular expressions that have a scanner, by their text.
    init(split file: LocatedJSON) throws(TokenizerError) {
        guard let regex = try file["pattern"]["Regex"].string() else {
            throw file["pattern"].unsupported("other than a regular expression")
        }
        let behavior = try file["behavior"].requiredString()
        guard behavior == "Isolated" else { throw file["behavior"].unsupported("\"\(behavior)\"") }
        if try file["invert"].bool() ?? false { throw file["invert"].unsupported("true") }
        switch regex {
        case WordPattern.gpt2Regex: self = .gpt2
        case WordPattern.cl100kRegex(digits: 3): self = .cl100k(digits: 3)
        case WordPattern.cl100kRegex(digits: 1): self = .cl100k(digits: 1)
        default: throw file["pattern"].unsupported("\"\(regex)\"")
        }
    }
}
