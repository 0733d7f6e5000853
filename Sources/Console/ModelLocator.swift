// ModelLocator.swift — from what the user typed after --model to a path.
// Console.

import Base
import Glibc

package enum ModelLocator {
    /// The model that is used when none is named.
    package static let embeddedName = "swiftlet-5m"

    /// A path as it is, or a name under the project's `Models/`.
    /// - Throws: `UsageError` that says where was looked.
    package static func path(_ wanted: String?) throws(UsageError) -> String {
        let name = wanted ?? embeddedName
        if wanted != nil, !name.isEmpty, exists(name) { return name }
        if wanted == nil, modelsFolder == nil {
            throw UsageError(
                "the embedded model, Models/\(embeddedName), is in no folder above \(Machine.executablePath);"
                    + " run the program where it was built, or give --model")
        }
        guard !name.isEmpty else { throw UsageError("--model is empty") }
        guard !name.contains("/"), let folder = modelsFolder else {
            throw UsageError("--model \(name): no such file or folder")
        }
        let path = folder + "/" + name
        guard exists(path) else {
            throw UsageError("--model \(name): neither a path nor a model under \(folder)")
        }
        return path
    }

    /// The name shown to clients: the last part of the path, without `.gguf`.
    package static func displayName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map { String($0) } ?? path
        return last.hasSuffix(".gguf") ? String(last.dropLast(5)) : last
    }

    /// `Models/` in the folder of the executable or in any folder above it: a build in `.build/release` finds the
    /// project's.
    package static var modelsFolder: String? {
        var folder = Machine.executablePath[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            let candidate = folder + "/Models"
            if exists(candidate + "/" + embeddedName) { return String(candidate) }
        }
        return nil
    }

    private static func exists(_ path: some StringProtocol) -> Bool { access(String(path), F_OK) == 0 }
}
