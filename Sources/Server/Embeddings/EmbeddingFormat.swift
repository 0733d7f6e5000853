// EmbeddingFormat.swift — the JSON of an answer with vectors.
// Server › Embeddings.  Shape of openai-openapi: CreateEmbeddingResponse.

import Base

enum EmbeddingFormat {
    static func body(
        _ vectors: [[Float]], encoding: EmbeddingRequest.Encoding, model: String, tokenCount: Int
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("object", "list")
            json.key("data")
            json.array { json in
                for (index, vector) in vectors.enumerated() {
                    json.object { json in
                        json.field("object", "embedding")
                        json.field("index", index)
                        json.key("embedding")
                        switch encoding {
                        case .float: json.array { json in for number in vector { json.number(number) } }
                        case .base64: json.string(utf8: base64(vector))
                        }
                    }
                }
            }
            json.field("model", model)
            json.key("usage")
            json.object { json in
                json.field("prompt_tokens", tokenCount)
                json.field("total_tokens", tokenCount)
            }
        }
        return json.bytes
    }

    /// The numbers' bytes, little-endian, in base64 (RFC 4648, section 4).
    static func base64(_ numbers: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * numbers.count)
        for number in numbers {
            let bits = number.bitPattern
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
            }
        }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
            for position in 0..<4 {
                // One byte fills two characters, two fill three; the rest is padding.
                text.append(position <= count ? alphabet[group >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
            }
        }
        return text
    }
}
