// HuggingFaceFolder.swift — a tokenizer from the files beside a model's weights.
// Tokenization › TokenizerFile.

import Base

extension Tokenizer {
    /// Reads `tokenizer.json`, and from the files beside it what that one does not say:
    ///
    ///     tokenizer_config.json, special_tokens_map.json     names of the special tokens
    ///     generation_config.json, else config.json           which tokens end an answer
    ///     chat_template.jinja and others                     the chat templates, see chatTemplateSources
    ///
    /// Only the first file must exist.
    package static func load(huggingFaceFolder folder: String) throws(TokenizerError) -> Tokenizer {
        let files = HuggingFaceFolder(folder)
        guard let bytes = try files.bytes("tokenizer.json") else {
            throw .unreadable(path: folder + "/tokenizer.json", reason: "there is no such file")
        }
        var parts = try TokenizerParts(tokenizerFile: .parse(bytes, file: "tokenizer.json"))
        try files.addRoles(to: &parts)
        return Tokenizer(parts)
    }

    /// A tokenizer of a `tokenizer.json` alone: no sequence ends, no chat template.
    package convenience init(tokenizerFile bytes: [UInt8]) throws(TokenizerError) {
        self.init(try TokenizerParts(tokenizerFile: .parse(bytes, file: "tokenizer.json")))
    }
}

/// The small files around tokenizer.json.
struct HuggingFaceFolder {
    let path: String

    init(_ path: String) { self.path = path }

    /// The file's bytes; nil if it does not exist.
    func bytes(_ name: String) throws(TokenizerError) -> [UInt8]? {
        do throws(FileError) {
            return try ReadFile.bytes(path + "/" + name)
        } catch {
            if case .system(errno: HuggingFaceFolder.noSuchFile) = error.reason { return nil }
            throw .unreadable(path: error.path, reason: "\(error.reason)")
        }
    }

    private static let noSuchFile: Int32 = 2  // ENOENT

    /// A file that does not exist reads as one in which everything is absent.
    func json(_ name: String) throws(TokenizerError) -> LocatedJSON {
        guard let bytes = try bytes(name) else { return LocatedJSON(file: name, place: "", value: nil) }
        return try .parse(bytes, file: name)
    }

    /// The names by which files and templates call special tokens.
    private static let roles = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    /// Fills in what special tokens are for, and the chat templates.
    func addRoles(to parts: inout TokenizerParts) throws(TokenizerError) {
        let configuration = try json("tokenizer_config.json")
        let map = try json("special_tokens_map.json")
        var ids: [String: TokenID] = [:]
        for role in HuggingFaceFolder.roles {
            var name = try configuration[role].tokenName()
            if name == nil { name = try map[role].tokenName() }
            guard let name else { continue }
            parts.templateVariables.append(TemplateVariable(role, .string(name)))
            ids[role] = parts.id(named: Array(name.utf8))
        }

        let generation = try json("generation_config.json")
        let model = try json("config.json")
        // An end that is no token would never come.
        parts.endOfSequence = try generation["eos_token_id"].ids(below: parts.pieces.count)
        if parts.endOfSequence.isEmpty {
            parts.endOfSequence = try model["eos_token_id"].ids(below: parts.pieces.count)
        }
        if let end = ids["eos_token"], !parts.endOfSequence.contains(end) { parts.endOfSequence.append(end) }
        // A model may have more rows than its tokenizer has pieces; an id past them is no token.
        let beginnings = try generation["bos_token_id"].ids() + model["bos_token_id"].ids()
        parts.beginningOfSequence = ids["bos_token"] ?? beginnings.first { $0.index < parts.pieces.count }

        parts.chatTemplates = ChatTemplates(try chatTemplateSources())
    }
}

extension TokenizerParts {
    /// The token of this name; added tokens before pieces.
    fileprivate func id(named name: [UInt8]) -> TokenID? {
        if let added = addedTokens.last(where: { $0.content == name }) { return TokenID(added.id) }
        return model.vocabulary.id(of: name).flatMap { Int($0) < pieces.count ? TokenID($0) : nil }
    }
}

extension LocatedJSON {
    /// A special token is written as its text or as an object with `content`.
    fileprivate func tokenName() throws(TokenizerError) -> String? {
        value?.kind == .object ? try self["content"].string() : try string()
    }

    /// One id or several.
    fileprivate func ids(below count: Int = .max) throws(TokenizerError) -> [TokenID] {
        if isAbsent { return [] }
        return try (value?.kind == .array ? elements : [self]).map { element throws(TokenizerError) in
            let id = try element.requiredID()
            guard id < count else { throw element.malformed("the id \(id) is none of the tokenizer's \(count)") }
            return TokenID(id)
        }
    }
}
