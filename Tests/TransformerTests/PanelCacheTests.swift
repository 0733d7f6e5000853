// PanelCacheTests.swift — packed weights kept beside a model: used when they are its own, replaced when they are not.

import Base
import Foundation
import TestSupport
import Testing
import Transformer

@Suite struct `Panels beside a model` {
    private static let fixture = TestFiles.fixture("reference/llama-gqa-f32")
    private static let file = "weights.swiftlet-panels"

    /// A copy of a fixture, whose panels may lie beside it.
    private static func copy() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: fixture) {
            try FileManager.default.copyItem(atPath: fixture + "/" + name, toPath: folder.path + "/" + name)
        }
        return folder
    }

    private static func run(_ folder: TemporaryFolder) throws -> (logits: [[Float]], note: String?) {
        let runner = try SequenceRunner(path: folder.path, threads: 2, panelCacheThreshold: 0)
        return (runner.extend([1, 5, 9, 30, 2]), runner.model.panelCacheNote)
    }

    private static func bytes(_ folder: TemporaryFolder) throws -> [UInt8] {
        try ReadFile.bytes(folder.path + "/" + file)
    }

    @Test func `are written once, mapped afterwards, and give the same bits`() throws {
        let plain = try SequenceRunner(path: Self.fixture, threads: 2).extend([1, 5, 9, 30, 2])
        let folder = try Self.copy()
        let first = try Self.run(folder)
        #expect(first.note?.contains("the next start will be faster") == true)
        let second = try Self.run(folder)
        #expect(second.note == nil)
        #expect(first.logits == plain && second.logits == plain)
    }

    @Test func `are made again when any byte of them is damaged, or their end is missing`() throws {
        let folder = try Self.copy()
        let plain = try Self.run(folder).logits
        let good = try Self.bytes(folder)
        var random = SeededGenerator(seed: 7)
        for round in 0..<60 {
            var bad = good
            if round % 6 == 0 {
                bad.removeLast(Int.random(in: 1...good.count, using: &random))
            } else {
                // The header, which says where everything is, more often than its share.
                let last = round % 2 == 0 ? good.count - 1 : 600
                bad[Int.random(in: 0...last, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            try AtomicFile.write(to: folder.path + "/" + Self.file) { try $0.write(bad) }
            let result = try Self.run(folder)
            // Padding between panels may be anything.
            if result.note == nil { #expect(bad.count == good.count) }
            #expect(result.logits == plain, "round \(round)")
            if result.note != nil { #expect(try Self.bytes(folder) == good, "round \(round)") }
        }
    }

    @Test func `of other weights are replaced`() throws {
        let folder = try Self.copy()
        _ = try Self.run(folder)
        let path = folder.path + "/model.safetensors"
        var weights = try ReadFile.bytes(path)
        weights[weights.count - 1] ^= 1
        try AtomicFile.write(to: path) { try $0.write(weights) }
        let changed = try Self.run(folder)
        #expect(changed.note != nil)
        #expect(changed.logits == (try SequenceRunner(path: folder.path, threads: 2).extend([1, 5, 9, 30, 2])))
        #expect(try Self.run(folder).note == nil)
    }

    @Test func `that cannot be written cost a note and nothing else`() throws {
        let folder = try Self.copy()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/" + Self.file + "/full", withIntermediateDirectories: true)
        let result = try Self.run(folder)
        #expect(result.note?.contains("could not be kept") == true)
        #expect(result.logits == (try SequenceRunner(path: Self.fixture).extend([1, 5, 9, 30, 2])))
    }
}
