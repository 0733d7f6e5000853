// PieceDecoding.swift — the `decoder` of a tokenizer.json: what text a piece stands for.
// Tokenization › TokenizerFile.

/// From a piece as the file writes it to the bytes it stands for.
enum PieceDecoding: Equatable {
    /// Written in GPT-2's byte alphabet.
    case byteLevel
    /// U+2581 for blanks, `<0x0A>` for bytes; the first blank of a text may be dropped.
    case sentencePiece(stripsLeadingSpace: Bool)

    init(_ file: LocatedJSON) throws(TokenizerError) {
        // Without a decoder the reference puts a blank between any two tokens, which no text model wants.
        if file.isAbsent { throw file.unsupported("null") }
        let steps = try file.type() == "Sequence" ? file["decoders"].elements : [file]
        var types: [String] = []
        for step in steps {
            let type = try step.type()
            switch type {
            case "ByteLevel", "ByteFallback", "Fuse": break
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

    var stripsLeadingSpace: Bool { self == .sentencePiece(stripsLeadingSpace: true) }

    func bytes(of piece: [UInt8]) -> [UInt8] {
        switch self {
        case .byteLevel: ByteAlphabet.bytes(ofPiece: piece) ?? piece
        case .sentencePiece: piece.byteOfFallbackToken.map { [$0] } ?? piece.withBlanksForSentencePieceSpaces
        }
    }
}
