// SafetensorsHeader.swift — the JSON header of a safetensors file, checked against the file.
// Checkpoint › Safetensors.  Format: huggingface/safetensors, README "Format" and the checks of its reference reader.
//
//     | 8 bytes: N, little-endian | N bytes: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, …} | data … |

import Base

enum SafetensorsHeader {
    /// The reference reader's limit.
    static let maximumByteCount = 100_000_000

    /// Lists the tensors. Every range lies inside the file, matches its shape, and together they fill the data
    /// without gaps or overlaps, as the format demands (so that no bytes can be hidden).
    static func parse(_ file: CheckpointBytes) throws(CheckpointError) -> TensorTable {
        let (json, dataStart) = try header(of: file)
        if let key = json.firstDuplicateKey()?.string {
            throw file.damaged("tensor \(key) is listed twice")
        }
        var table = TensorTable()
        for (key, value) in json.members {
            let name = String(decoding: key, as: UTF8.self)
            if name == "__metadata__" {
                guard value.kind == .object else { throw file.damaged("__metadata__ must be an object") }
                continue
            }
            // Keys are unique, so this cannot fail.
            _ = table.append(try tensor(name, value, dataStart: dataStart, in: file))
        }
        try checkCoverage(table, dataStart: dataStart, in: file)
        return table
    }

    private static func header(of file: CheckpointBytes) throws(CheckpointError) -> (JSON, dataStart: Int) {
        var reader = ByteReader(file.bytes)
        guard let length = try? reader.read(UInt64.self) else {
            throw file.damaged("it has \(file.bytes.count) bytes, too few for a safetensors header")
        }
        guard length <= maximumByteCount else {
            throw file.damaged("its header claims \(length) bytes, and \(maximumByteCount) are the most allowed")
        }
        guard let text = (try? reader.readBytes(Int(length))).map(Array.init) else {
            throw file.damaged("its header of \(length) bytes goes past its end at \(file.bytes.count)")
        }
        guard text.first == UInt8(ascii: "{") else { throw file.damaged("its header does not begin with '{'") }
        do throws(JSONError) {
            // Real headers nest three deep.
            return (try JSON.parse(text, maximumDepth: 8), reader.position)
        } catch {
            throw file.damaged("its header is not JSON: \(error)")
        }
    }

    private static func tensor(
        _ name: String, _ entry: JSON, dataStart: Int, in file: CheckpointBytes
    ) throws(CheckpointError) -> StoredTensor {
        // A repeated key would let two readers see two different tensors.
        if entry.count > 3, let key = entry.firstDuplicateKey()?.string {
            throw file.damaged("tensor \(name) gives its \(key) twice")
        }
        guard let dtype = entry["dtype"]?.string else { throw file.damaged("tensor \(name) has no dtype") }
        guard let shape = integers(entry["shape"]), let elements = checkedProduct(shape) else {
            throw file.damaged("tensor \(name) has no usable shape")
        }
        guard let offsets = integers(entry["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1] else {
            throw file.damaged("tensor \(name) has no usable data_offsets")
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard let range = checkedRange(offset: begin, count: end - begin, limit: file.bytes.count - dataStart) else {
            let available = file.bytes.count - dataStart
            throw file.damaged("tensor \(name) ends at byte \(end) of the data, which has \(available) bytes")
        }
        let type = StoredType.safetensors(dtype)
        if type.block != nil, type.byteCount(elements: elements) != range.count {
            throw file.damaged("tensor \(name) has \(range.count) bytes, which do not fit \(dtype) of shape \(shape)")
        }
        return StoredTensor(
            name: name, type: type, shape: shape,
            range: dataStart + range.lowerBound..<dataStart + range.upperBound)
    }

    /// An array of integers that are not negative; nil for anything else.
    private static func integers(_ json: JSON?) -> [Int]? {
        guard let json, json.kind == .array else { return nil }
        var values: [Int] = []
        for element in json.elements {
            guard let value = element.integer, value >= 0 else { return nil }
            values.append(value)
        }
        return values
    }

    private static func checkCoverage(
        _ table: TensorTable, dataStart: Int, in file: CheckpointBytes
    ) throws(CheckpointError) {
        var end = dataStart
        // By both ends, so that an empty tensor comes before the one that begins where it lies.
        let ordered = table.tensors.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        for tensor in ordered {
            guard tensor.range.lowerBound == end else {
                let what = tensor.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap before it"
                throw file.damaged("tensor \(tensor.name) \(what)")
            }
            end = tensor.range.upperBound
        }
        guard end == file.bytes.count else {
            throw file.damaged("\(file.bytes.count - end) bytes at its end belong to no tensor")
        }
    }
}
