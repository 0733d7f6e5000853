import Base
import TestSupport
import Testing
import Tokenization

/// One template of Tests/Fixtures/chat-templates/features.json and what jinja2 makes of it.
private struct Feature: CustomTestStringConvertible, Sendable {
    let source: String
    let kind: String
    let text: String
    var testDescription: String { source }
}

private let file: (conversation: Conversation, features: [Feature])? = try? {
    let file = try JSON.parse(TestFiles.bytes(TestFiles.fixture("chat-templates/features.json")))
    let features = try #require(file["cases"]).elements.map { feature in
        Feature(
            source: feature["source"]?.string ?? "", kind: feature["kind"]?.string ?? "",
            text: feature["text"]?.string ?? "")
    }
    return (try Conversation(reference: try #require(file["conversation"])), features)
}()

@Suite struct `Template features` {
    @Test func `are all there`() throws { #expect(try #require(file).features.count > 200) }

    @Test(arguments: file?.features ?? [])
    private func `do what jinja2 does`(feature: Feature) throws {
        let conversation = try #require(file).conversation
        let found = Rendering { () throws(TemplateError) in
            try ChatTemplate(source: feature.source).render(conversation)
        }
        switch feature.kind {
        case "text": #expect(found == .text(feature.text))
        case "raised": #expect(found == .raised(feature.text))
        default:
            guard case .failed = found else {
                Issue.record("rendered \(found), but the reference fails: \(feature.text)")
                return
            }
        }
    }
}
