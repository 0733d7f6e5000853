// WeightReader.swift — a model takes its weights one by one; what is missing, misshapen or left over is known by name.
// Checkpoint.

/// Hands out tensors after checking their shapes, and remembers which.
///
///     var weights = WeightReader(source)
///     let query = try weights.take("model.layers.0.self_attn.q_proj.weight", shape: [H * K, D])
///     let bias = try weights.takeIfPresent("model.layers.0.self_attn.q_proj.bias", shape: [H * K])
///     let unused = weights.finish()
package struct WeightReader {
    package let source: any TensorSource
    private var taken = Set<[UInt8]>()

    package init(_ source: any TensorSource) { self.source = source }

    /// - Parameter shape: outermost dimension first.
    /// - Throws: `missingTensor`, `wrongShape` or `unsupportedType`, each naming the tensor.
    package mutating func take(_ name: String, shape: [Int]) throws(CheckpointError) -> TensorRecord {
        guard let record = try takeIfPresent(name, shape: shape) else {
            throw .missingTensor(path: source.path, tensor: name)
        }
        return record
    }

    /// For tensors that some models of a family lack, such as a bias or an untied head.
    package mutating func takeIfPresent(_ name: String, shape: [Int]) throws(CheckpointError) -> TensorRecord? {
        // The shape first: of two complaints it is the one that explains more.
        guard let found = source.shape(of: name) else { return nil }
        guard found == shape else {
            throw .wrongShape(path: source.path, tensor: name, expected: shape, found: found)
        }
        guard let record = try source.tensor(name) else { return nil }
        taken.insert(Array(name.utf8))
        return record
    }

    /// Marks a tensor as known and deliberately not used, such as a stored copy of a tied head.
    package mutating func skip(_ name: String) { taken.insert(Array(name.utf8)) }

    /// The tensors that nobody took, in file order: worth a warning, since a model that ignores weights is rarely right.
    package func finish() -> [String] { source.tensorNames.filter { !taken.contains(Array($0.utf8)) } }
}
