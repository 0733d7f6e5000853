// SharedData.swift — finds test material that is not in the repository.
// Tests that need it skip with a message when it is absent; with the folder present, a missing file is a failure.

import Foundation

/// Where tests find files: fixtures in the repository, and optional material beside it.
package enum TestFiles {
    /// The repository's root, found from this source file.
    package static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)  // SharedData.swift, TestSupport, Tests
        return parts.joined(separator: "/")
    }()

    /// `Tests/Fixtures/<path>`.
    package static func fixture(_ path: String) -> String { root + "/Tests/Fixtures/" + path }

    /// `../shared/data/<path>` beside the repository; nil when the whole folder is absent.
    package static func shared(_ path: String) -> String? {
        let folder = root + "/../shared/data"
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        return folder + "/" + path
    }

    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package static var hasSharedData: Bool { shared("") != nil }

    package static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
