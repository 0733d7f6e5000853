// StoredType+GGML.swift — the tensor types of GGUF files.
// Checkpoint › GGUF.  Numbers and block layouts: ggml's `ggml_type` and its block structs (ggml-common.h).
// A new quantisation becomes usable by a case in Kernels' ElementType and its name in this table.

import Kernels

extension StoredType {
    /// A type by its number in the file; an unknown one is named by its number, with its size unchecked.
    static func ggml(_ code: UInt32) -> StoredType {
        guard let row = ggmlTypes[code] else {
            return StoredType(name: "ggml type \(code)", elementType: nil, block: nil)
        }
        return StoredType(name: row.name, elementType: row.usable, block: (row.elements, row.bytes * 8))
    }

    /// The number that files use for a type of the kernels.
    static func ggmlCode(_ type: ElementType) -> UInt32? { ggmlTypes.first { $0.value.usable == type }?.key }

    private static let ggmlTypes: [UInt32: (name: String, elements: Int, bytes: Int, usable: ElementType?)] = [
        0: ("F32", 1, 4, .f32),
        1: ("F16", 1, 2, .f16),
        2: ("Q4_0", 32, 18, .q4_0),
        3: ("Q4_1", 32, 20, .q4_1),
        6: ("Q5_0", 32, 22, .q5_0),
        7: ("Q5_1", 32, 24, .q5_1),
        8: ("Q8_0", 32, 34, .q8_0),
        9: ("Q8_1", 32, 36, nil),
        10: ("Q2_K", 256, 84, .q2_k),
        11: ("Q3_K", 256, 110, .q3_k),
        12: ("Q4_K", 256, 144, .q4_k),
        13: ("Q5_K", 256, 176, .q5_k),
        14: ("Q6_K", 256, 210, .q6_k),
        15: ("Q8_K", 256, 292, nil),
        16: ("IQ2_XXS", 256, 66, nil),
        17: ("IQ2_XS", 256, 74, nil),
        18: ("IQ3_XXS", 256, 98, nil),
        19: ("IQ1_S", 256, 50, nil),
        20: ("IQ4_NL", 32, 18, .iq4_nl),
        21: ("IQ3_S", 256, 110, nil),
        22: ("IQ2_S", 256, 82, nil),
        23: ("IQ4_XS", 256, 136, .iq4_xs),
        24: ("I8", 1, 1, nil),
        25: ("I16", 1, 2, nil),
        26: ("I32", 1, 4, nil),
        27: ("I64", 1, 8, nil),
        28: ("F64", 1, 8, nil),
        29: ("IQ1_M", 256, 56, nil),
        30: ("BF16", 1, 2, .bf16),
        34: ("TQ1_0", 256, 54, nil),
        35: ("TQ2_0", 256, 66, nil),
        39: ("MXFP4", 32, 17, nil),
    ]
}
