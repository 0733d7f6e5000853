// IndexWorkload.swift — changes to an index that are known in advance, so that any state of it can be checked.
// Tests.  The child process makes them until it is killed; the test knows what the index must hold then.

package import Retrieval

/// Change number n depends on n alone; after it the index's document "counter" says n.
package enum IndexWorkload {
    package static let dimension = 8
    private static let documentCount = 60

    /// What change `number` does: which documents it puts, with which seed, and which it removes.
    static func plan(_ number: Int) -> [(id: String, seed: UInt64?)] {
        var random = Mixer(state: UInt64(number))
        var plan: [(id: String, seed: UInt64?)] = []
        for _ in 0..<Int(1 + random.next() % 4) {
            let id = "d\(random.next() % UInt64(documentCount))"
            plan.append((id, random.next() % 3 == 0 ? nil : random.next()))
        }
        return plan
    }

    package static func changes(_ number: Int) -> [IndexChange] {
        plan(number).map { entry in entry.seed.map { .put(document(entry.id, seed: $0)) } ?? .remove(id: entry.id) }
            + [.put(document("counter", text: "\(number)", seed: UInt64(number)))]
    }

    /// The texts of all documents after change `number`, their chunks joined.
    package static func texts(after number: Int) -> [String: String] {
        var texts: [String: String] = [:]
        for change in stride(from: 1, through: number, by: 1) {
            for (id, seed) in plan(change) { texts[id] = seed.map { text(document(id, seed: $0)) } }
        }
        if number > 0 { texts["counter"] = "\(number)" }
        return texts
    }

    /// The texts of all documents in a snapshot.
    package static func texts(in snapshot: Snapshot) throws -> [String: String] {
        var texts: [String: String] = [:]
        for id in try snapshot.documentIDs() {
            texts[id] = try snapshot.chunks(ofDocument: id).map(\.text).joined(separator: "|")
        }
        return texts
    }

    /// The last change that a snapshot holds; 0 before the first.
    package static func counter(_ snapshot: Snapshot) throws -> Int {
        Int(try snapshot.chunks(ofDocument: "counter").first?.text ?? "0") ?? -1
    }

    private static func document(_ id: String, seed: UInt64) -> IndexedDocument {
        var random = Mixer(state: seed)
        let chunks = (0..<Int(1 + random.next() % 3)).map { _ in
            Chunk(documentID: id, text: (0..<12).map { _ in "word\(random.next() % 200)" }.joined(separator: " "))
        }
        return IndexedDocument(id: id, chunks: chunks, vectors: chunks.map { _ in vector(&random) })
    }

    private static func document(_ id: String, text: String, seed: UInt64) -> IndexedDocument {
        var random = Mixer(state: seed)
        return IndexedDocument(id: id, chunks: [Chunk(documentID: id, text: text)], vectors: [vector(&random)])
    }

    private static func text(_ document: IndexedDocument) -> String {
        document.chunks.map(\.text).joined(separator: "|")
    }

    private static func vector(_ random: inout Mixer) -> [Float] {
        (0..<dimension).map { _ in Float(random.next() >> 40) / Float(1 << 24) + 0.01 }
    }
}

/// SplitMix64: Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195.
private struct Mixer {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
