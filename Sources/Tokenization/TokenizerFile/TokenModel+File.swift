// TokenModel+File.swift — the `model` of a tokenizer.json, whichever it is.
// Tokenization › TokenizerFile.

import Base

extension TokenModel {
    /// - Parameters: as for `BytePairModel`'s initializer.
    init(
        _ file: LocatedJSON, names: [[UInt8]], spellings: [[UInt8]], special: Set<Int32>, isByteLevel: Bool
    ) throws(TokenizerError) {
        let type = try TokenModel.type(file)
        // Models that know no pieces of bytes would have to be written in the byte alphabet.
        if isByteLevel && type != "BPE" { throw file["type"].unsupported("\"\(type)\" with \"ByteLevel\"") }
        var pieces = names
        for id in special { pieces[Int(id)] = [] }
        switch type {
        case "BPE":
            self = .bytePair(
                try BytePairModel(file, names: names, spellings: spellings, special: special, isByteLevel: isByteLevel))
        case "WordPiece":
            let longest = try file["max_input_chars_per_word"].integer() ?? 100
            let prefix = try file["continuing_subword_prefix"].bytes() ?? Array("##".utf8)
            self = .wordPiece(
                WordPieceModel(
                    pieces: pieces, prefix: prefix, unknown: try file["unk_token"].requiredToken(among: names),
                    longestWord: longest))
        case "WordLevel":
            self = .wordLevel(
                Vocabulary(pieces: pieces), unknown: try file["unk_token"].requiredToken(among: names))
        default: throw file["type"].unsupported("\"\(type)\"")
        }
    }

    /// Files of the first versions leave the type out.
    private static func type(_ file: LocatedJSON) throws(TokenizerError) -> String {
        if let type = try file["type"].string() { return type }
        return file["merges"].isAbsent && !file["max_input_chars_per_word"].isAbsent ? "WordPiece" : "BPE"
    }
}

extension LocatedJSON {
    /// The id of the piece that is named here.
    func requiredToken(among names: [[UInt8]]) throws(TokenizerError) -> Int32 {
        let name = try requiredBytes()
        guard let id = names.firstIndex(of: name) else {
            throw malformed("\"\(String(decoding: name, as: UTF8.self))\" is not in the vocabulary")
        }
        return Int32(id)
    }
}
