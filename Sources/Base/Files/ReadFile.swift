// ReadFile.swift — a whole small file as bytes.
// Base › Files.  config.json, tokenizer.json, prompts; weights are mapped instead (MappedFile).

import Glibc

package enum ReadFile {
    /// The file's bytes, refused above `limit` so that a mistaken path cannot fill the memory.
    package static func bytes(_ path: String, limit: Int = 256 << 20) throws(FileError) -> [UInt8] {
        let file = try OpenFile(reading: path)
        guard file.byteCount <= limit else { throw FileError("read", path, .tooLarge(limit: limit)) }
        var code: Int32 = 0
        // The size is only a hint: a file under /proc reports 0, and another process may write meanwhile.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.byteCount)
        var chunk = [UInt8](repeating: 0, count: max(1, min(file.byteCount + 1, 1 << 20)))
        while true {
            let count = read(file.descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                code = errno
                if code == EINTR { continue }
                throw FileError("read", path, .system(errno: code))
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw FileError("read", path, .tooLarge(limit: limit)) }
        }
    }
}
