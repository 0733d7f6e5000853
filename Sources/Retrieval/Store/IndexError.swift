// IndexError.swift — what can be wrong with an index, in one line each.
// Retrieval › Store.

package enum IndexError: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case alreadyThere(String)
    case locked(String)
    case format(String, Int)
    case analyzer(String, Int)
    case otherEmbedder(String, index: String, program: String)
    case damagedManifest(String, String)
    case damagedSegment(String, SegmentError)
    case damagedBitmap(String)
    case damagedLog(String, offset: Int)
    case stopped(String)
    case vector(document: String, String)
    case tooLarge(document: String)

    package var description: String {
        switch self {
        case .missing(let path): "there is no index at \(path); make one with 'swiftlet index build'"
        case .alreadyThere(let path): "there is an index at \(path) already; use 'swiftlet index add', or remove it"
        case .locked(let path): "the index at \(path) is being written by another process; wait until it is done"
        case .format(let path, let format):
            "the index at \(path) has format \(format), this program reads \(Manifest.format); build it again"
        case .analyzer(let path, let version):
            "the index at \(path) was made by analyzer \(version), this program has \(Analyzer.version); build it again"
        case .otherEmbedder(let path, let index, let program):
            "the index at \(path) has vectors of \(index), this program makes \(program); build it again"
        case .damagedManifest(let path, let reason): "\(path) is damaged: \(reason); build the index again"
        case .damagedSegment(let path, let error): "\(path) is damaged: \(error)"
        case .damagedBitmap(let path): "\(path) is damaged (the checksum or the size differs); build the index again"
        case .damagedLog(let path, let offset):
            "\(path) is damaged at byte \(offset), and whole records follow; restore the file or build the index again"
        case .stopped(let reason): "the index takes no more writes: \(reason); open it again when that is repaired"
        case .vector(let document, let reason): "the vectors of '\(document)' do not fit the index: \(reason)"
        case .tooLarge(let document): "the document '\(document)' is larger than one log record can be (1 GiB)"
        }
    }
}
