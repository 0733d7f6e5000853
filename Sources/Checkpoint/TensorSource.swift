// TensorSource.swift — named, shaped, typed weights, wherever they are stored.
// Checkpoint.  Implemented by SafetensorsFile, HuggingFaceFolder and GGUFFile; read through WeightReader.

package import Base
package import Kernels

/// One tensor, in place in its file.
package struct TensorRecord {
    /// Hugging Face's name: `model.layers.0.self_attn.q_proj.weight`.
    package let name: String
    package let elementType: ElementType
    /// Outermost dimension first, row-major, as Hugging Face writes it: a linear layer is `[outputs, inputs]`.
    package let shape: [Int]
    /// Exactly the tensor's bytes, little-endian, at any alignment. Valid while `owner` lives.
    package let bytes: UnsafeRawBufferPointer
    /// Keeps the file mapped. Whoever keeps `bytes` keeps this too.
    package let owner: AnyObject
}

extension TensorRecord {
    /// A vector that no file holds, such as one that a conversion computes. The numbers are copied.
    package init(_ numbers: [Float], name: String) {
        self.init(numbers.flatMap { littleEndian($0.bitPattern) }, .f32, shape: [numbers.count], name: name)
    }

    /// Weights that no file holds. The bytes are copied.
    ///
    /// - Precondition: as many as the shape has in that type.
    package init(_ bytes: [UInt8], _ type: ElementType, shape: [Int], name: String) {
        let copy = CheckpointBytes(copying: bytes, path: name)
        self.init(name: name, elementType: type, shape: shape, bytes: copy.bytes, owner: copy)
    }

    /// The first numbers of an f32 vector as a matrix of another name; nothing is copied.
    ///
    /// - Precondition: there are that many.
    package func matrix(_ name: String, rows: Int, columns: Int) -> TensorRecord {
        precondition(elementType == .f32 && rows * columns <= bytes.count / 4, "too few numbers")
        return TensorRecord(
            name: name, elementType: .f32, shape: [rows, columns],
            bytes: UnsafeRawBufferPointer(rebasing: bytes[..<(rows * columns * 4)]), owner: owner)
    }
}

/// A place that weights come from.
package protocol TensorSource: AnyObject {
    /// The file or folder, for messages.
    var path: String { get }

    /// The files behind the tensors; empty if they are in memory only.
    var identities: [FileIdentity] { get }

    /// Every tensor, in file order, under Hugging Face's name.
    var tensorNames: [String] { get }

    /// The shape of a tensor, outermost dimension first; nil if there is none of that name.
    func shape(of name: String) -> [Int]?

    /// The tensor of that name; nil if there is none.
    ///
    /// - Throws: `CheckpointError.unsupportedType` if it is there but stored in a way no kernel understands.
    /// - Complexity: O(1); nothing is read or copied.
    func tensor(_ name: String) throws(CheckpointError) -> TensorRecord?
}
