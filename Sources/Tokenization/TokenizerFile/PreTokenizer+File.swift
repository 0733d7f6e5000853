// PreTokenizer+File.swift — the `pre_tokenizer` of a tokenizer.json.
// Tokenization › TokenizerFile.

extension PreTokenizer {
    /// - Returns: how text is cut, and whether its bytes are then written in the byte alphabet.
    static func read(_ file: LocatedJSON) throws(TokenizerError) -> (PreTokenizer, isByteLevel: Bool) {
        var steps: [WordStep] = []
        var isByteLevel = false
        try read(file, &steps, &isByteLevel)
        return (PreTokenizer(steps: steps), isByteLevel)
    }

    private static func read(
        _ file: LocatedJSON, _ steps: inout [WordStep], _ isByteLevel: inout Bool
    ) throws(TokenizerError) {
        if file.isAbsent { return }
        let type = try file.type()
        if type == "Sequence" {
            for step in file["pretokenizers"].elements { try read(step, &steps, &isByteLevel) }
            return
        }
        // It would see the byte alphabet's letters instead of the text's.
        if isByteLevel { throw file.unsupported("\"\(type)\" after \"ByteLevel\"") }
        switch type {
        case "ByteLevel":
            isByteLevel = true
            if try file["add_prefix_space"].bool() ?? true { steps.append(.prefixSpace) }
            if try file["use_regex"].bool() ?? true {
                steps.append(.split(.known(.gpt2), .isolated, isInverted: false))
            }
        case "Digits": steps.append(.digits(individually: try file["individual_digits"].bool() ?? false))
        case "Split":
            let matcher = try WordMatcher(pattern: file["pattern"])
            guard let behavior = try SplitBehavior(file["behavior"]) else {
                throw file["behavior"].malformed("expected a string, but it is absent")
            }
            steps.append(.split(matcher, behavior, isInverted: try file["invert"].bool() ?? false))
        case "Punctuation": steps.append(.punctuation(try SplitBehavior(file["behavior"]) ?? .isolated))
        case "Whitespace": steps.append(.whitespace)
        case "WhitespaceSplit": steps.append(.whitespaceSplit)
        case "BertPreTokenizer": steps.append(.bert)
        case "Metaspace": steps.append(try WordStep(metaspace: file))
        case let other: throw file.unsupported("\"\(other)\"")
        }
    }
}

extension SplitBehavior {
    /// Nil where nothing is written.
    fileprivate init?(_ file: LocatedJSON) throws(TokenizerError) {
        guard let name = try file.string() else { return nil }
        guard let behavior = SplitBehavior(rawValue: name) else { throw file.unsupported("\"\(name)\"") }
        self = behavior
    }
}

extension WordStep {
    fileprivate init(metaspace file: LocatedJSON) throws(TokenizerError) {
        let replacement = try file["replacement"].bytes() ?? Normalizer.sentencePieceSpace
        if replacement.isEmpty { throw file["replacement"].malformed("it is empty") }
        // Older files say only whether a blank is put before every word.
        let usual = try file["add_prefix_space"].bool() ?? true ? MetaspacePrefix.always : .never
        let name = try file["prepend_scheme"].string()
        guard let prefix = name == nil ? usual : MetaspacePrefix(rawValue: name ?? "") else {
            throw file["prepend_scheme"].unsupported("\"\(name ?? "")\"")
        }
        self = .metaspace(replacement: replacement, prepends: prefix, splits: try file["split"].bool() ?? true)
    }
}

extension WordMatcher {
    /// A regular expression that has a scanner is recognised by its text; any other is compiled.
    fileprivate init(pattern file: LocatedJSON) throws(TokenizerError) {
        if let text = try file["String"].bytes() {
            if text.isEmpty { throw file["String"].malformed("it is empty") }
            self = .literal(text)
            return
        }
        guard let regex = try file["Regex"].string() else {
            throw file.unsupported("other than a string or a regular expression")
        }
        if let pattern = WordPattern(regex: regex) {
            self = .known(pattern)
            return
        }
        do throws(RegularExpressionError) {
            self = .expression(try RegularExpression(regex))
        } catch {
            throw file["Regex"].malformed("the regular expression \(regex) cannot be used: \(error.reason)")
        }
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

    /// The scanner for this regular expression, if it has one.
    init?(regex: String) {
        switch regex {
        case WordPattern.gpt2Regex: self = .gpt2
        case WordPattern.cl100kRegex(digits: 3): self = .cl100k(digits: 3)
        case WordPattern.cl100kRegex(digits: 1): self = .cl100k(digits: 1)
        default: return nil
        }
    }
}
