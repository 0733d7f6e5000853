// SegmentError.swift — what can be wrong with a segment, in one line each.
// Retrieval › Segments.

package enum SegmentError: Error, Equatable, CustomStringConvertible {
    case notASegment
    case format(UInt32)
    case damaged(section: String)
    case missing(section: String)
    case inconsistent(String)
    case tooLarge
    case vectors(VectorIndexError)
    case outOfMemory(String)

    package var description: String {
        switch self {
        case .notASegment: "it does not begin like a segment; rebuild the index"
        case .format(let format):
            "its format is \(format), this program reads \(SegmentLayout.format); rebuild the index"
        case .damaged(let section): "its section '\(section)' is damaged (the checksum differs); rebuild the index"
        case .missing(let section): "its section '\(section)' is missing; rebuild the index"
        case .inconsistent(let what): "it contradicts itself: \(what); rebuild the index"
        case .tooLarge: "a segment cannot hold more than 2³¹ chunks or 4 GiB of terms"
        case .vectors(let error): "\(error)"
        case .outOfMemory(let reason): reason
        }
    }
}
