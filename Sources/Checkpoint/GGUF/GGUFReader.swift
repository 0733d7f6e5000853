// GGUFReader.swift — the primitive values of GGUF, with an end of file that says what it cut off.
// Checkpoint › GGUF.

import Base

/// Reads forward through a GGUF file. Every failure is a `CheckpointError.damaged` that names the place.
struct GGUFReader {
    private let file: CheckpointBytes
    private var bytes: ByteReader

    init(_ file: CheckpointBytes) {
        self.file = file
        bytes = ByteReader(file.bytes)
    }

    /// Offset of the next byte in the file.
    var position: Int { bytes.position }

    mutating func read<Value: FixedWidthInteger>(
        _ type: Value.Type, in place: @autoclosure () -> String
    ) throws(CheckpointError) -> Value {
        do throws(ByteReader.EndOfBytes) {
            return try bytes.read(type)
        } catch {
            throw file.damaged("it ends at byte \(file.bytes.count), inside \(place())")
        }
    }

    mutating func skip(_ count: Int, in place: @autoclosure () -> String) throws(CheckpointError) {
        do throws(ByteReader.EndOfBytes) {
            try bytes.skip(count)
        } catch {
            throw file.damaged("it ends at byte \(file.bytes.count), inside \(place())")
        }
    }

    /// A count of things that take at least so many bytes each: refused if the rest of the file cannot hold them.
    mutating func count(
        atLeast size: Int, _ things: @autoclosure () -> String
    ) throws(CheckpointError) -> Int {
        let claimed = try read(UInt64.self, in: "the number of \(things())")
        guard let count = Int(exactly: claimed), count <= bytes.remaining / size else {
            throw file.damaged("it claims \(claimed) \(things()), more than its \(file.bytes.count) bytes can hold")
        }
        return count
    }

    /// A key or a tensor's name.
    mutating func text(limit: Int, _ place: @autoclosure () -> String) throws(CheckpointError) -> String {
        let length = try read(UInt64.self, in: place())
        guard length <= limit else { throw file.damaged("\(place()) is \(length) bytes long; \(limit) are allowed") }
        let content: UnsafeRawBufferPointer
        do throws(ByteReader.EndOfBytes) {
            content = try bytes.readBytes(Int(length))
        } catch {
            throw file.damaged("it ends at byte \(file.bytes.count), inside \(place())")
        }
        guard !content.isEmpty, let text = String(validating: content, as: UTF8.self) else {
            throw file.damaged("\(place()) is empty or not UTF-8")
        }
        return text
    }
}
