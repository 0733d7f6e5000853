// SpecialTokenFrame.swift — the `post_processor` of a tokenizer.json: what stands around an encoded text.
// Tokenization › TokenizerFile.

import Base

/// The ids before and after a single text.
struct SpecialTokenFrame {
    var prefix: [TokenID] = []
    var suffix: [TokenID] = []

    init(_ file: LocatedJSON) throws(TokenizerError) {
        if file.isAbsent { return }
        switch try file.type() {
        case "ByteLevel": break  // Concerns offsets only.
        case "Sequence":
            for step in file["processors"].elements {
                let frame = try SpecialTokenFrame(step)
                prefix = frame.prefix + prefix
                suffix += frame.suffix
            }
        case "BertProcessing", "RobertaProcessing":
            prefix = [try SpecialTokenFrame.token(file["cls"])]
            suffix = [try SpecialTokenFrame.token(file["sep"])]
        case "TemplateProcessing": try read(template: file)
        case let other: throw file.unsupported("\"\(other)\"")
        }
    }

    /// Written as a pair of name and id.
    private static func token(_ file: LocatedJSON) throws(TokenizerError) -> TokenID {
        let parts = file.elements
        guard parts.count == 2 else { throw file.malformed("expected a name and an id") }
        return TokenID(try parts[1].requiredID())
    }

    private mutating func read(template file: LocatedJSON) throws(TokenizerError) {
        var textSeen = false
        for item in file["single"].elements {
            if !item["Sequence"].isAbsent {
                if textSeen { throw item.unsupported("as a second sequence") }
                textSeen = true
                continue
            }
            let name = try item["SpecialToken"]["id"].requiredString()
            for id in file["special_tokens"][name]["ids"].elements {
                let token = TokenID(try id.requiredID())
                if textSeen { suffix.append(token) } else { prefix.append(token) }
            }
        }
        if !textSeen { throw file["single"].malformed("the text itself has no place in it") }
    }
}
