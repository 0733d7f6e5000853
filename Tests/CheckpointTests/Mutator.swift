// Mutator.swift — small random damage, the same on every run.

import Checkpoint
import Kernels
import TestSupport

struct Mutator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// One to three changes: a byte, a bit, an extreme integer, a cut, a repetition.
    mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var file = original
        for _ in 0..<Int.random(in: 1...3, using: &random) where !file.isEmpty {
            let place = Int.random(in: 0..<file.count, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4: file[place] = UInt8.random(in: 0...255, using: &random)
            case 5...8: file[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 9: overwrite(&file, at: place)
            case 10: file.removeSubrange(place..<min(file.count, place + Int.random(in: 1...8, using: &random)))
            default: file.insert(contentsOf: file[place..<min(file.count, place + 8)], at: place)
            }
        }
        return file
    }

    /// A 64-bit or 32-bit integer of the kind that overflows sums and products.
    private mutating func overwrite(_ file: inout [UInt8], at place: Int) {
        let extremes: [UInt64] = [
            .max, 1 << 63, 1 << 63 - 1, 1 << 62, 1 << 61 + 1, 1 << 32, 1 << 32 - 1, 1 << 31, 0, UInt64(file.count),
        ]
        let value = bytes(extremes.randomElement(using: &random)!)
        let width = Bool.random(using: &random) ? 8 : 4
        for (offset, byte) in value.prefix(width).enumerated() where place + offset < file.count {
            file[place + offset] = byte
        }
    }
}

/// Reads every byte that a source serves; false if a size disagrees with a shape.
func readEverything(_ source: any TensorSource) -> Bool {
    var sum = 0
    for name in source.tensorNames {
        guard let record = try? source.tensor(name) else { continue }
        let rows = record.shape.dropLast().reduce(1, *)
        let rowByteCount = record.elementType.rowByteCount(columns: record.shape.last ?? 1)
        guard rowByteCount.map({ $0 * rows }) == record.bytes.count else { return false }
        withExtendedLifetime(record) { for byte in record.bytes { sum &+= Int(byte) } }
    }
    return sum >= 0
}
