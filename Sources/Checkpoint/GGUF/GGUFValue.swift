// GGUFValue.swift — the types of GGUF metadata, and where a value lies.
// Checkpoint › GGUF.  Format: ggml-org/ggml, docs/gguf.md.

/// Raw values are the codes in the file.
enum GGUFValueType: UInt32 {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of a value; nil where that depends on the value.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}

/// One metadata key and where its checked value lies. Values are read when asked for: a vocabulary of 128,000
/// strings costs nothing until a tokenizer wants it.
struct GGUFEntry {
    let key: String
    let type: GGUFValueType
    /// Arrays: the type of the elements.
    let elementType: GGUFValueType?
    /// Arrays: how many elements.
    let count: Int
    /// The value's bytes: a string's content, an array's elements, a number.
    let range: Range<Int>

    /// For messages: "an array of string", "uint32".
    var kind: String { elementType.map { "an array of \($0)" } ?? "\(type)" }
}
