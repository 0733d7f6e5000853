// Note+JSON.swift — a note as it is shown beside a quotation of it.
// Explainer › Notes.

package import Base

extension Note {
    /// Ranges are UTF-8 offsets in `text`, which is the whole file.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("note", id.description)
            json.field("title", id.title)
            json.field("question", question)
            json.field("topic", topic)
            json.field("level", level.rawValue)
            json.field("kind", kind.rawValue)
            json.field("text", utf8: bytes)
            json.field("content_hash", contentHash.description)
            json.key("sections")
            json.array { json in
                for section in sections {
                    json.object { json in
                        json.field("name", section.heading.key)
                        json.field("title", section.heading.rawValue)
                        json.key("range")
                        json.array { json in
                            json.integer(section.range.lowerBound)
                            json.integer(section.range.upperBound)
                        }
                    }
                }
            }
            json.key("see_also")
            json.array { json in for id in seeAlso { json.string(id.description) } }
            json.key("sources")
            json.array { json in for source in sources { json.string(source) } }
        }
    }
}
