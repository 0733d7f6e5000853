// VectorIndexError.swift — what can be wrong with vectors, in one line each.
// Retrieval › Vectors.

package enum VectorIndexError: Error, Equatable, CustomStringConvertible {
    case dimension(Int)
    case tooMany(Int)
    case notFinite(row: Int)
    case wrongLength(row: Int, expected: Int, found: Int)
    case wrongSize(part: String, expected: Int, found: Int)
    case misaligned(part: String)
    case damagedGraph(String)
    case outOfMemory(String)

    package var description: String {
        switch self {
        case .dimension(let dimension):
            "vectors of \(dimension) numbers are not supported; a dimension from 1 to 4096 is"
        case .tooMany(let count):
            "\(count) vectors do not fit one segment; its ordinals have 31 bits"
        case .notFinite(let row):
            "vector \(row) holds a number that is not finite, or all zeros; check the encoder that made it"
        case .wrongLength(let row, let expected, let found):
            "vector \(row) has \(found) numbers, the index has \(expected); use the encoder that built the index"
        case .wrongSize(let part, let expected, let found):
            "the \(part) take \(found) bytes instead of \(expected); rebuild the index"
        case .misaligned(let part):
            "the \(part) do not start at a multiple of 4 bytes; rebuild the index"
        case .damagedGraph(let reason):
            "the neighbour graph is damaged: \(reason); rebuild the index"
        case .outOfMemory(let reason):
            reason
        }
    }
}
