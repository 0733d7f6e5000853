// GGUFMetadata.swift — reads the tokenizer keys of a GGUF file, for tests only.
// Tokenization does not import Checkpoint, which has the real, checked reader.

import Tokenization

/// A metadata value, as far as tokenizers need them. Trusts its input.
enum GGUFValue {
    case number(Int)
    case float(Float)
    case string([UInt8])
    case array([GGUFValue])

    var int: Int? { if case .number(let value) = self { value } else { nil } }
    var bytes: [UInt8]? { if case .string(let value) = self { value } else { nil } }
    var array: [GGUFValue] { if case .array(let values) = self { values } else { [] } }
}

func ggufMetadata(_ file: [UInt8]) -> [String: GGUFValue] {
    var position = 4 + 4 + 8
    func integer(_ size: Int) -> UInt64 {
        defer { position += size }
        return (0..<size).reduce(0) { $0 | UInt64(file[position + $1]) << UInt64(8 * $1) }
    }
    func string() -> [UInt8] {
        let count = Int(integer(8))
        defer { position += count }
        return Array(file[position..<(position + count)])
    }
    func value(_ type: Int) -> GGUFValue {
        switch type {
        case 0, 1, 7: .number(Int(integer(1)))
        case 2, 3: .number(Int(integer(2)))
        case 4, 5: .number(Int(Int32(truncatingIfNeeded: integer(4))))
        case 6: .float(Float(bitPattern: UInt32(integer(4))))
        case 8: .string(string())
        case 9: array()
        default: .number(Int(truncatingIfNeeded: integer(8)))
        }
    }
    func array() -> GGUFValue {
        let type = Int(integer(4))
        let count = Int(integer(8))
        return .array((0..<count).map { _ in value(type) })
    }
    let count = Int(integer(8))
    var result: [String: GGUFValue] = [:]
    for _ in 0..<count {
        let key = String(decoding: string(), as: UTF8.self)
        result[key] = value(Int(integer(4)))
    }
    return result
}

extension GGUFVocabulary {
    init(file: [UInt8]) {
        let metadata = ggufMetadata(file)
        func key(_ name: String) -> GGUFValue? { metadata["tokenizer.ggml." + name] }
        self.init(
            model: String(decoding: key("model")?.bytes ?? [], as: UTF8.self),
            pre: key("pre")?.bytes.map { String(decoding: $0, as: UTF8.self) },
            tokens: key("tokens")?.array.compactMap(\.bytes) ?? [])
        scores = key("scores")?.array.compactMap { if case .float(let score) = $0 { score } else { nil } } ?? []
        types = key("token_type")?.array.compactMap { $0.int.map(Int32.init) } ?? []
        merges = key("merges")?.array.compactMap(\.bytes) ?? []
        beginningOfSequence = key("bos_token_id")?.int
        endOfSequence = key("eos_token_id")?.int
        unknown = key("unknown_token_id")?.int
        addBeginningOfSequence = key("add_bos_token")?.int.map { $0 != 0 }
        addSpacePrefix = key("add_space_prefix")?.int.map { $0 != 0 }
        chatTemplate = metadata["tokenizer.chat_template"]?.bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
