// Stemmer.swift — cuts English words to what their forms share: "caching", "cached" and "cache" become "cach".
// Retrieval › Analysis.  Snowball's English stemmer (Porter 2001), from libstemmer.

internal import CLibStemmer

/// One stemmer. Making one costs less than a microsecond; it must not be used by two threads at once.
struct Stemmer: ~Copyable {
    private let handle: OpaquePointer

    init() {
        guard let handle = sb_stemmer_new("english", "UTF_8") else {
            // The library was built with this algorithm or is not the library.
            preconditionFailure("libstemmer knows no English")
        }
        self.handle = handle
    }

    /// The stem's bytes, valid until the next call.
    func stem(_ word: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let start = word.baseAddress, let stem = sb_stemmer_stem(handle, start, Int32(word.count)) else {
            return word
        }
        return UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(handle)))
    }

    deinit { sb_stemmer_delete(handle) }
}
