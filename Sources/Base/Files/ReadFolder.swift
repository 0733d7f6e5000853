// ReadFolder.swift — the names in a folder.
// Base › Files.

import Glibc

package enum ReadFolder {
    /// The names in `path` in the order of their bytes, without those that begin with a dot.
    package static func names(_ path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else { throw .last("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            // The end and an error look alike, except that an error sets errno.
            errno = 0
            guard let entry = readdir(folder) else { break }
            // An entry is only as long as its name: copying the whole field would read past it.
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name)!
            let name = UnsafeRawPointer(entry) + offset
            names.append(String(cString: name.assumingMemoryBound(to: CChar.self)))
        }
        guard errno == 0 else { throw .last("list", path) }
        return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
