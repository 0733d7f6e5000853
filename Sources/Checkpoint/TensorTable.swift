// TensorTable.swift — the list of tensors in one file, with its checks.
// Checkpoint.  Filled by SafetensorsHeader and GGUFParser.

import Base
import Kernels

/// Where and how a file stores one tensor. All offsets have been checked against the file.
struct StoredTensor {
    let name: String
    let type: StoredType
    /// Outermost dimension first.
    let shape: [Int]
    /// Byte offsets in the file.
    let range: Range<Int>
}

/// Tensors in file order, found by the exact bytes of their names.
struct TensorTable {
    private(set) var tensors: [StoredTensor] = []
    private var indexByName: [[UInt8]: Int] = [:]

    /// False if there is a tensor of that name already.
    mutating func append(_ tensor: StoredTensor) -> Bool {
        let key = Array(tensor.name.utf8)
        guard indexByName[key] == nil else { return false }
        indexByName[key] = tensors.count
        tensors.append(tensor)
        return true
    }

    subscript(name: String) -> StoredTensor? { indexByName[Array(name.utf8)].map { tensors[$0] } }

    var names: [String] { tensors.map(\.name) }

    /// The first two tensors that share bytes. Empty tensors share none.
    ///
    /// - Complexity: O(n log n).
    func firstOverlap() -> (String, String)? {
        let ordered = tensors.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (earlier, later) in zip(ordered, ordered.dropFirst())
        where later.range.lowerBound < earlier.range.upperBound {
            return (earlier.name, later.name)
        }
        return nil
    }

    /// The record that callers get. `nil` for an unknown name.
    func record(_ name: String, in file: CheckpointBytes) throws(CheckpointError) -> TensorRecord? {
        guard let tensor = self[name] else { return nil }
        guard let elementType = tensor.type.elementType else {
            throw .unsupportedType(path: file.path, tensor: name, type: tensor.type.name)
        }
        if let limit = elementType.maximumRowWidth, let width = tensor.shape.last, width > limit {
            throw .unsupported(
                path: file.path,
                what: "the rows of tensor \(name) have \(width) numbers; as \(tensor.type.name), \(limit) are the most")
        }
        return TensorRecord(
            name: tensor.name, elementType: elementType, shape: tensor.shape,
            bytes: UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range]), owner: file)
    }
}
