// GGUFConversion.swift — what a model's GGUF file holds: every key and tensor, with the types that were asked for.
// Transformer › Conversion.  Names and layout: llama.cpp's convert_hf_to_gguf.py for the registered families.

package import Checkpoint
package import Kernels

/// The plan of a GGUF file. Nothing is converted before `GGUFWriter.write`.
package struct GGUFConversion {
    package let keys: [GGUFKeyValue]
    package let tensors: [TensorRewrite]
    package let alignment: Int
    /// Tensors of the source that no model uses, and that are left out.
    package let unusedNames: [String]

    /// - Parameters:
    ///   - type: of the matrices. Vectors become f32, as llama.cpp wants them; matrices whose rows are not whole blocks
    ///     keep their type.
    ///   - headType: of the output head, or of the embedding that serves as one.
    ///   - name: `general.name` of a model from a folder.
    ///   - tokenizer: the tokenizer's keys for a model from a folder; a GGUF file has its own.
    /// - Throws: `CheckpointError` for a tensor that is missing, misshapen or of a type that nobody reads.
    package init(
        _ checkpoint: ModelCheckpoint, type: ElementType, headType: ElementType, name: String,
        tokenizer: [GGUFKeyValue]
    ) throws {
        let source = checkpoint.files.tensors
        // Takes every weight by name and shape: a file that no program could load is not written.
        unusedNames = try DecoderWeights(
            checkpoint.configuration, from: source, packing: nil, pool: ThreadPool(threadCount: 1)
        ).unusedNames
        let types = TypeChoice(type: type, headType: headType, isTied: checkpoint.configuration.tiesEmbeddings)
        switch checkpoint.files {
        case .gguf(let file):
            tensors = try file.tensorNames.map { name in
                let record = try Self.record(name, in: file)
                let stored = file.naming.gguf(name) ?? name
                return TensorRewrite(name: stored, source: record, type: types.choose(stored, record))
            }
            alignment = try file.metadata.integer("general.alignment", default: 32)
            let replaced = ["general.file_type", "general.quantization_version"]
            keys =
                file.metadata.keyValues.filter { !replaced.contains($0.key) && !$0.key.hasPrefix("split.") }
                + types.keys
        case .folder:
            tensors = try Self.rewrites(checkpoint, source, unused: Set(unusedNames), types)
            alignment = 32
            keys = try checkpoint.configuration.ggufKeys(name: name) + types.keys + tokenizer
        }
    }

    /// Hugging Face's tensors under GGUF's names, the heads of Llama's q and k interleaved.
    private static func rewrites(
        _ checkpoint: ModelCheckpoint, _ source: any TensorSource, unused: Set<String>, _ types: TypeChoice
    ) throws -> [TensorRewrite] {
        let configuration = checkpoint.configuration
        let naming = TensorNaming.of(architecture: configuration.ggufArchitecture)
        var rewrites = configuration.rotaryTensors.map { name, divisors in
            TensorRewrite(name: name, source: TensorRecord(divisors, name: name), type: .f32)
        }
        for name in source.tensorNames where !unused.contains(name) {
            var record = try record(name, in: source)
            if configuration.traits.gainsAreOffsets, name.hasSuffix("norm.weight") {
                let count = record.shape.first ?? 0
                let gains = try VectorWeight(record, offset: 1, pool: ThreadPool(threadCount: 1))
                record = TensorRecord(Array(UnsafeBufferPointer(start: gains.pointer, count: count)), name: name)
            }
            // A tied pair stored once under the head's name.
            let isEmbedding = configuration.tiesEmbeddings && name == "lm_head.weight"
            guard let stored = isEmbedding ? "token_embd.weight" : naming.gguf(name) else { continue }
            let part = name.split(separator: ".").dropLast().last
            let heads: Int? =
                switch part {
                case "q_proj": configuration.queryHeadCount
                case "k_proj": configuration.keyValueHeadCount
                default: nil
                }
            rewrites.append(
                TensorRewrite(
                    name: stored, source: record, type: types.choose(stored, record),
                    interleavedHeads: configuration.ggufInterleavesHeads ? heads : nil))
        }
        return rewrites
    }

    private static func record(_ name: String, in source: any TensorSource) throws(CheckpointError) -> TensorRecord {
        guard let record = try source.tensor(name) else { throw .missingTensor(path: source.path, tensor: name) }
        return record
    }
}

/// Chooses each tensor's type, and knows what the file's keys say of them.
private struct TypeChoice {
    let type: ElementType
    let headType: ElementType
    let isTied: Bool

    func choose(_ name: String, _ record: TensorRecord) -> ElementType {
        guard record.shape.count > 1, let width = record.shape.last else { return .f32 }
        let isHead = name == (isTied ? "token_embd.weight" : "output.weight")
        let wanted = isHead ? headType : type
        return width % wanted.blockSize == 0 ? wanted : record.elementType
    }

    /// `general.file_type`: llama.cpp's number for what most tensors are. The version is that of the block formats.
    var keys: [GGUFKeyValue] {
        let number: UInt32 =
            switch type {
            case .f32: 0
            case .f16: 1
            case .q4_0: 2
            case .q8_0: 7
            default: 32  // bf16, the last of ElementType.writable
            }
        return [
            GGUFKeyValue("general.file_type", number), GGUFKeyValue("general.quantization_version", UInt32(2)),
        ]
    }
}
