// CacheFolder.swift — where what can be made again is kept.
// Console.

import Glibc

package enum CacheFolder {
    /// `$XDG_CACHE_HOME/swiftlet`, else `~/.cache/swiftlet`.
    /// - Throws: `UsageError` when the environment names neither.
    package static var path: String {
        get throws(UsageError) {
            // The XDG specification has relative paths ignored.
            if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/swiftlet" }
            if let home = variable("HOME"), home.hasPrefix("/") { return home + "/.cache/swiftlet" }
            throw UsageError("there is no folder for caches: set HOME or XDG_CACHE_HOME")
        }
    }

    private static func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
}
