// PieceDecoding.swift — the `decoder` of a tokenizer.json: what text a piece stands for.
// Tokenization › TokenizerFile.

/// From a piece as the file writes it to the bytes it stands for.
enum PieceDecoding: Equatable {
    /// Written in GPT-2's byte alphabet.
    case byteLevel
    /// U+2581 for blanks, `<0x0A>` for bytes; the first blank of a text may be dropped.
    case sentencePiece(stripsLeadingSpace: Bool)
    /// Tokens are words apart by blanks, but those with the prefix continue the word before. The clean-up takes away
    /// the blank before what English writes without one: `.`, `'s`, `n't`.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)

    init(_ file: LocatedJSON) throws(TokenizerError) {
        // Without a decoder the reference puts a blank between any two tokens, which no text model wants.
        if file.isAbsent { throw file.unsupported("null") }
        let steps = try file.type() == "Sequence" ? file["decoders"].elements : [file]
        var types: [String] = []
        for step in steps {
            let type = try step.type()
            switch type {
            case "ByteLevel", "ByteFallback", "Fuse": break
            case "WordPiece" where file.place == step.place:
                self = .wordPiece(
                    prefix: try step["prefix"].bytes() ?? Array("##".utf8),
                    cleansUp: try step["cleanup"].bool() ?? true)
                return
            case "Replace":
                guard try step["pattern"]["String"].bytes() == Normalizer.sentencePieceSpace,
                    try step["content"].string() == " "
                else { throw step.unsupported("\"Replace\" of other than U+2581 by a blank") }
            case "Strip":
                guard try step["content"].string() == " ", try step["start"].integer() == 1,
                    try step["stop"].integer() == 0
                else { throw step.unsupported("\"Strip\" of other than one leading blank") }
            default: throw step.unsupported("\"\(type)\"")
            }
            types.append(type)
        }
        switch types {
        case ["ByteLevel"]: self = .byteLevel
        case ["Replace", "ByteFallback", "Fuse"]: self = .sentencePiece(stripsLeadingSpace: false)
        case ["Replace", "ByteFallback", "Fuse", "Strip"]: self = .sentencePiece(stripsLeadingSpace: true)
        default: throw file.unsupported("\"\(types.joined(separator: ", "))\"")
        }
    }

    var stripsLeadingSpace: Bool {
        switch self {
        case .byteLevel: false
        case .sentencePiece(let strips): strips
        case .wordPiece: true
        }
    }

    func bytes(of piece: [UInt8]) -> [UInt8] {
        switch self {
        case .byteLevel: ByteAlphabet.bytes(ofPiece: piece) ?? piece
        case .sentencePiece: piece.byteOfFallbackToken.map { [$0] } ?? piece.withBlanksForSentencePieceSpaces
        case .wordPiece(let prefix, let cleansUp):
            if piece.isEmpty {
                []
            } else if !prefix.isEmpty && piece.starts(with: prefix) {
                Array(piece.dropFirst(prefix.count))
            } else if cleansUp && PieceDecoding.joined.contains(where: { piece.starts(with: $0) }) {
                piece
            } else {
                [UInt8(ascii: " ")] + piece
            }
        }
    }

    /// Added tokens stand for themselves, and are words like others where tokens are words.
    func bytes(ofAddedToken content: [UInt8]) -> [UInt8] {
        if case .wordPiece = self { [UInt8(ascii: " ")] + content } else { content }
    }

    /// What stands right behind the word before it in English.
    private static let joined = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].map { Array($0.utf8) }
}
