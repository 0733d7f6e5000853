// BytePairModel+File.swift — the `model` of a tokenizer.json.
// Tokenization › TokenizerFile.

import Base

extension BytePairModel {
    /// - Parameters:
    ///   - names: every id's piece as the file writes it, and as text stands for it.
    ///   - special: ids that no plain text may become, even where their name is a piece of the model.
    init(
        _ file: LocatedJSON, names: [[UInt8]], spellings: [[UInt8]], special: Set<Int32>, isByteLevel: Bool
    ) throws(TokenizerError) {
        if let dropout = file["dropout"].value, !dropout.isNull, dropout.double != 0 {
            throw file["dropout"].unsupported("other than null")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try file[key].string(), !affix.isEmpty { throw file[key].unsupported("\"\(affix)\"") }
        }
        let byteFallback = try file["byte_fallback"].bool() ?? false
        if byteFallback && isByteLevel { throw file["byte_fallback"].unsupported("true in a byte-level model") }

        var pieces = isByteLevel ? spellings : names
        for id in special { pieces[Int(id)] = [] }
        let vocabulary = Vocabulary(pieces: pieces)
        let alphabet: Alphabet =
            if isByteLevel {
                .bytes((0..<256).map { vocabulary.id(of: [UInt8($0)]) ?? -1 })
            } else {
                .characters(byteTokens: byteFallback ? BytePairModel.byteTokens(vocabulary) : [])
            }
        self.init(
            vocabulary: vocabulary, tokenCount: vocabulary.count,
            merges: try BytePairModel.merges(file["merges"], vocabulary, isByteLevel: isByteLevel),
            alphabet: alphabet)
        if !file["unk_token"].isAbsent { unknown = try file["unk_token"].requiredToken(among: names) }
        fusesUnknown = try file["fuse_unk"].bool() ?? false
        ignoresMerges = try file["ignore_merges"].bool() ?? false
    }

    /// Both ways to write a rule: `"a b"`, and `["a", "b"]`, which admits pieces with blanks.
    private static func merges(
        _ file: LocatedJSON, _ vocabulary: Vocabulary, isByteLevel: Bool
    ) throws(TokenizerError) -> MergeTable {
        guard let merges = file.value, merges.kind == .array else { throw file.malformed("expected an array") }
        var builder = MergeTable.Builder(
            capacity: merges.count, vocabulary: vocabulary, isSpelledInByteAlphabet: isByteLevel, file: file.file)
        let firstOther = try merges.forEachStringPair { (left, right) throws(TokenizerError) in
            try builder.append(left, right)
        }
        guard let firstOther else { return builder.makeTable() }
        for merge in merges.elements.dropFirst(firstOther) {
            if let text = merge.utf8 {
                let blank = text.firstIndex(of: UInt8(ascii: " ")) ?? text.count
                guard blank < text.count, !text[(blank + 1)...].contains(UInt8(ascii: " ")) else {
                    throw file.malformed(
                        "\"\(String(decoding: text, as: UTF8.self))\" is not two pieces with a blank between")
                }
                let span = text.span
                try builder.append(span.extracting(..<blank), span.extracting((blank + 1)...))
            } else if merge.count == 2, let left = merge[0]?.utf8, let right = merge[1]?.utf8 {
                try builder.append(left.span, right.span)
            } else {
                throw file.malformed("a merge is neither \"a b\" nor [\"a\", \"b\"]")
            }
        }
        return builder.makeTable()
    }

    /// `<0x00>` … `<0xFF>`, or empty when one is missing: then the reference falls back to the unknown token.
    private static func byteTokens(_ vocabulary: Vocabulary) -> [Int32] {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        let tokens = (0..<256).map { byte in
            vocabulary.id(of: Array("<0x".utf8) + [hexadecimal[byte >> 4], hexadecimal[byte & 15], UInt8(ascii: ">")])
                ?? -1
        }
        return tokens.contains(-1) ? [] : tokens
    }
}
