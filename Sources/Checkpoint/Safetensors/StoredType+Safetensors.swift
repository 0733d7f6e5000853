// StoredType+Safetensors.swift — the dtypes of safetensors.
// Checkpoint › Safetensors.

import Kernels

extension StoredType {
    /// A dtype by its name; an unknown one is kept under that name, with its size unchecked.
    static func safetensors(_ dtype: String) -> StoredType {
        switch dtype {
        case "F32": StoredType(name: dtype, elementType: .f32, block: (1, 32))
        case "F16": StoredType(name: dtype, elementType: .f16, block: (1, 16))
        case "BF16": StoredType(name: dtype, elementType: .bf16, block: (1, 16))
        case "F64", "I64", "U64", "C64": StoredType(name: dtype, elementType: nil, block: (1, 64))
        case "I32", "U32": StoredType(name: dtype, elementType: nil, block: (1, 32))
        case "I16", "U16": StoredType(name: dtype, elementType: nil, block: (1, 16))
        case "BOOL", "I8", "U8", "F8_E5M2", "F8_E4M3", "F8_E8M0":
            StoredType(name: dtype, elementType: nil, block: (1, 8))
        case "F6_E2M3", "F6_E3M2": StoredType(name: dtype, elementType: nil, block: (1, 6))
        case "F4": StoredType(name: dtype, elementType: nil, block: (1, 4))
        default: StoredType(name: dtype, elementType: nil, block: nil)
        }
    }
}
