// Answer+JSON.swift — an answer, and its pieces on the way, as scripts and pages read them.
// Explainer › Answer.

package import Base

extension Answer {
    /// The whole answer.
    package func write(to json: inout JSONWriter) {
        json.object { json in writeMembers(to: &json) }
    }

    /// The members alone, for a document that has others too.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("question", evidence.question)
        json.field("answer", text)
        json.field("declined", reason != nil)
        if let reason { json.field("reason", reason) }
        json.field("verdict", evidence.verdict.name)
        json.field("confidence", evidence.confidence)
        json.field("grounding", options.grounding.rawValue)
        json.field("level", options.level.rawValue)
        json.key("citations")
        json.array { json in for citation in citations { citation.write(to: &json) } }
        json.key("spans")
        Self.write(spans, to: &json)
        json.key("sections")
        json.object { json in
            json.key(Note.Heading.shortAnswer.key)
            Self.write(spans.prefix(shortAnswerCount), to: &json)
            json.key(Note.Heading.explanation.key)
            Self.write(spans.dropFirst(shortAnswerCount), to: &json)
            for section in sections {
                json.key(section.name)
                Self.write(section.spans, to: &json)
            }
        }
        json.key("related")
        json.array { json in
            for note in related {
                json.object { json in
                    json.field("note", note.id.description)
                    json.field("title", note.id.title)
                    json.field("question", note.question)
                }
            }
        }
        json.key("code")
        json.array { json in
            for place in code {
                json.object { json in
                    json.field("path", place.path)
                    if let symbol = place.symbol { json.field("symbol", symbol) }
                    if let line = place.line { json.field("line", line) }
                }
            }
        }
        json.key("notes")
        evidence.writeNotes(to: &json)
        if let warning = evidence.warning { json.field("warning", warning) }
        json.key("engine")
        engine.write(to: &json)
        json.key("timings")
        json.object { json in for (stage, milliseconds) in timings { json.field(stage, milliseconds) } }
    }

    static func write(_ spans: some Sequence<AnswerSpan>, to json: inout JSONWriter) {
        json.array { json in for span in spans { json.object { json in span.writeMembers(to: &json) } } }
    }
}

extension AnswerSpan {
    func writeMembers(to json: inout JSONWriter) {
        json.field("text", text)
        json.key("citation")
        if let citation { json.integer(citation) } else { json.null() }
        if isUnsupported { json.field("unsupported", true) }
    }
}

extension Citation {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("note", note.description)
            json.field("title", note.title)
            json.field("question", question)
            json.field("topic", note.topic)
            json.key("range")
            json.array { json in
                json.integer(range.lowerBound)
                json.integer(range.upperBound)
            }
            json.field("content_hash", contentHash.description)
            json.field("quote", quote)
        }
    }
}

extension EngineAccount {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("prompt_tokens", promptTokens)
            json.field("cached_tokens", cachedTokens)
            json.field("output_tokens", outputTokens)
            json.field("blocks", blocks)
            json.field("shared_blocks", sharedBlocks)
            json.field("drafted", drafted)
            json.field("accepted", accepted)
            json.field("forced", forced)
        }
    }
}

extension EvidenceVerdict {
    package var name: String {
        switch self {
        case .sufficient: "sufficient"
        case .weak: "weak"
        case .declined: "declined"
        }
    }
}

extension Evidence {
    /// The notes with the score of every stage.
    func writeNotes(to json: inout JSONWriter) {
        json.array { json in
            for found in notes {
                json.object { json in
                    json.field("note", found.note.id.description)
                    json.field("title", found.note.id.title)
                    json.field("question", found.note.question)
                    json.field("topic", found.note.topic)
                    json.field("score", found.score)
                    json.key("parts")
                    json.object { json in
                        for (name, value) in [("bm25", found.bm25), ("cosine", found.cosine), ("rerank", found.rerank)]
                        {
                            json.key(name)
                            if let value { json.number(value) } else { json.null() }
                        }
                    }
                }
            }
        }
    }

    /// The first event of a stream.
    package func writeEvent(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", "evidence")
            json.field("question", question)
            json.field("verdict", verdict.name)
            if case .declined(let reason) = verdict { json.field("reason", reason) }
            json.field("confidence", confidence)
            if let warning { json.field("warning", warning) }
            json.key("notes")
            writeNotes(to: &json)
            json.key("timings")
            json.object { json in for (stage, milliseconds) in timings { json.field(stage, milliseconds) } }
        }
    }
}

extension AnswerEvent {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .span(let span, let source):
                json.field("type", "span")
                span.writeMembers(to: &json)
                guard let source else { return }
                json.key("source")
                source.write(to: &json)
            case .section(let section, let sources):
                json.field("type", "section")
                json.field("name", section.name)
                json.field("title", section.title)
                json.key("spans")
                Answer.write(section.spans, to: &json)
                json.key("sources")
                json.array { json in for source in sources { source.write(to: &json) } }
            }
        }
    }
}
