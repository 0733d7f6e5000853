import Base
import Foundation
import TestSupport
import Testing

/// One line of a fixture that make_bert_fixtures.py wrote.
struct ExpectedVector {
    let text: String
    let wholeTokenCount: Int
    let ids: [TokenID]
    let vector: [Float]

    static func read(_ path: String) throws -> [ExpectedVector] {
        try JSON.parse(try TestFiles.bytes(TestFiles.fixture("encoder/" + path))).elements.map { entry in
            ExpectedVector(
                text: entry["text"]!.string!, wholeTokenCount: entry["whole"]!.integer!,
                ids: entry["ids"]!.elements.map { TokenID($0.integer!) },
                vector: entry["vector"]!.elements.map { Float($0.double!) })
        }
    }
}

/// all-MiniLM-L6-v2, which `make models` fetches.
enum MiniLM {
    static let path = TestFiles.root + "/Models/all-MiniLM-L6-v2"
    static let isThere = TestFiles.exists(path + "/model.safetensors")
    static let reason: Comment = "Models/all-MiniLM-L6-v2 is not there: `make models`"
}

func cosine(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

/// A copy of a fixture's folder whose files a test may change.
struct EncoderFolder {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init(copying name: String) throws {
        folder = try TemporaryFolder()
        for file in ["config.json", "model.safetensors", "tokenizer.json", "sentence_bert_config.json"] {
            try folder.write(file, TestFiles.bytes(TestFiles.fixture("encoder/\(name)/\(file)")))
        }
        try FileManager.default.createDirectory(atPath: path + "/1_Pooling", withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws { try folder.write(name, Array(text.utf8)) }
}
