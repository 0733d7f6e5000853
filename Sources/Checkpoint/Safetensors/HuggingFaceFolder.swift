// HuggingFaceFolder.swift — a model folder as the Hugging Face hub lays it out.
// Checkpoint › Safetensors.  `model.safetensors`, or `model.safetensors.index.json` and the shards that it names.

package import Base

/// All tensors of a model folder, and its small files.
package final class HuggingFaceFolder: TensorSource {
    package let path: String
    /// In the index's order, or the file's.
    package let tensorNames: [String]
    package let identities: [FileIdentity]
    private let fileByName: [[UInt8]: SafetensorsFile]

    /// Opens every shard, so that a missing or damaged one is known before the first weight is used.
    package init(path: String) throws(CheckpointError) {
        self.path = path
        var shards: [Shard] = []
        var map = WeightMap()
        do throws(CheckpointError) {
            shards = [Shard(name: Self.wholeName, file: try SafetensorsFile(path: path + "/" + Self.wholeName))]
        } catch .file(let error) where error.isMissing {
            map = try Self.weightMap(folder: path)
            for name in map.shards {
                shards.append(Shard(name: name, file: try SafetensorsFile(path: path + "/" + name)))
            }
        }
        identities = shards.flatMap(\.file.identities)
        (tensorNames, fileByName) = try Self.merge(shards, map, folder: path)
    }

    package func shape(of name: String) -> [Int]? { fileByName[Array(name.utf8)]?.shape(of: name) }

    package func tensor(_ name: String) throws(CheckpointError) -> TensorRecord? {
        try fileByName[Array(name.utf8)]?.tensor(name)
    }

    /// A small file of the folder, such as `config.json` or `tokenizer.json`; nil if it is not there.
    package func bytes(of name: String, limit: Int = 256 << 20) throws(CheckpointError) -> [UInt8]? {
        do throws(FileError) {
            return try ReadFile.bytes(path + "/" + name, limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw .file(error)
        }
    }

    /// A JSON file of the folder, parsed; nil if it is not there.
    package func json(_ name: String) throws(CheckpointError) -> JSON? {
        guard let bytes = try bytes(of: name) else { return nil }
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch {
            throw .damaged(path: path + "/" + name, what: "\(error)")
        }
    }
}

// MARK: - The index

extension HuggingFaceFolder {
    private static let wholeName = "model.safetensors"
    private static let indexName = "model.safetensors.index.json"

    private struct Shard {
        let name: String
        let file: SafetensorsFile
    }

    /// What the index says; empty for a model in one file.
    private struct WeightMap {
        /// File names in order of first mention.
        var shards: [String] = []
        var shardByTensor: [[UInt8]: String] = [:]
    }

    private static func weightMap(folder: String) throws(CheckpointError) -> WeightMap {
        let path = folder + "/" + indexName
        let json: JSON
        do {
            json = try JSON.parse(try ReadFile.bytes(path), maximumDepth: 8)
        } catch let error as FileError {
            guard error.isMissing else { throw .file(error) }
            throw .unsupported(path: folder, what: "it holds neither \(wholeName) nor \(indexName)")
        } catch {
            throw .damaged(path: path, what: "\(error)")
        }
        guard let entries = json["weight_map"], entries.kind == .object else {
            throw .damaged(path: path, what: "it has no weight_map")
        }
        var map = WeightMap()
        var seen = Set<[UInt8]>()
        for (tensor, value) in entries.members {
            let name = String(decoding: tensor, as: UTF8.self)
            guard let shard = value.string, isPlainName(shard) else {
                throw .damaged(path: path, what: "tensor \(name) is not mapped to the name of a file in the folder")
            }
            guard map.shardByTensor.updateValue(shard, forKey: tensor) == nil else {
                throw .damaged(path: path, what: "tensor \(name) is mapped twice")
            }
            if seen.insert(Array(shard.utf8)).inserted { map.shards.append(shard) }
        }
        return map
    }

    /// A name that cannot lead out of the folder.
    private static func isPlainName(_ name: String) -> Bool {
        let utf8 = name.utf8
        return !utf8.isEmpty && name != "." && name != ".." && !utf8.contains(UInt8(ascii: "/")) && !utf8.contains(0)
    }

    /// Which file serves which tensor.
    ///
    /// Of two shards with the same tensor the index decides; without its word that is an error. A tensor that the
    /// index leaves out is served all the same, so that it is reported as unused rather than lost.
    private static func merge(
        _ shards: [Shard], _ map: WeightMap, folder: String
    ) throws(CheckpointError) -> ([String], [[UInt8]: SafetensorsFile]) {
        var names: [String] = []
        var fileByName: [[UInt8]: SafetensorsFile] = [:]
        for shard in shards {
            for name in shard.file.tensorNames {
                let key = Array(name.utf8)
                if let chosen = map.shardByTensor[key], chosen != shard.name { continue }
                guard fileByName.updateValue(shard.file, forKey: key) == nil else {
                    throw .damaged(path: folder, what: "tensor \(name) is in two files")
                }
                names.append(name)
            }
        }
        for (key, shard) in map.shardByTensor where fileByName[key] == nil {
            let name = String(decoding: key, as: UTF8.self)
            throw .damaged(path: folder + "/" + indexName, what: "it maps tensor \(name) to \(shard), which lacks it")
        }
        return (names, fileByName)
    }
}
