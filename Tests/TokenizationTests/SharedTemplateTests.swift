import Base
import Foundation
import TestSupport
import Testing
import Tokenization

/// `shared.expected`: a template's name, then one digest for each conversation.
private let expectations: [(name: String, digests: [Substring])] = {
    let file = (try? TestFiles.bytes(TestFiles.fixture("chat-templates/shared.expected"))) ?? []
    return String(decoding: file, as: UTF8.self).split(separator: "\n").map { line in
        let fields = line.split(separator: " ")
        return (String(fields[0]), Array(fields.dropFirst()))
    }
}()

@Suite struct `Real chat templates` {
    @Test(sharedData) func `have expectations, all of them`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: try #require(TestFiles.shared("chat-templates")))
        #expect(files.filter { $0.hasSuffix(".jinja") }.sorted() == expectations.map(\.name).sorted())
        #expect(expectations.count >= 68)
    }

    @Test(sharedData, arguments: expectations.map(\.name))
    func `render every conversation as jinja2 does`(name: String) throws {
        let path = try #require(TestFiles.shared("chat-templates/" + name))
        let template = try ChatTemplate(source: String(decoding: TestFiles.bytes(path), as: UTF8.self))
        let digests = try #require(expectations.first { $0.name == name }).digests
        let references = try Conversation.references()
        try #require(references.count == digests.count)
        for ((label, conversation), digest) in zip(references, digests) {
            let rendering = Rendering { () throws(TemplateError) in try template.render(conversation) }
            #expect(rendering.digest == digest, "\(label)")
        }
    }
}
