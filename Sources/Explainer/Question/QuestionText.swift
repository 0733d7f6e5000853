// QuestionText.swift — a question as it was typed, to one line of plain text.
// Explainer › Question.  Nothing is understood here; what remains are the same words.

/// Cleans text that a person, or a program, has typed.
package enum QuestionText {
    /// More than this is cut off: a question is no document.
    package static let longestBytes = 2000

    /// One line: typographic marks become ASCII ones, control and invisible characters go, and runs of white space
    /// become one space.
    package static func normalized(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var byteCount = 0
        var needsSpace = false
        for scalar in shown(text.unicodeScalars) {
            guard !isInvisible(scalar) else { continue }
            let plain = plainForm(scalar)
            if plain == " " {
                needsSpace = !scalars.isEmpty
                continue
            }
            byteCount += plain.utf8.count + (needsSpace ? 1 : 0)
            guard byteCount <= longestBytes else { break }
            if needsSpace { scalars.append(" ") }
            needsSpace = false
            scalars.append(contentsOf: plain.unicodeScalars)
        }
        return String(scalars)
    }

    /// What people put around a question and nobody searches for: `could you please explain … thanks`.
    package static func withoutCourtesy(_ text: String) -> String {
        var words = text.split(separator: " ")[...]
        func key(_ word: Substring) -> String {
            String(word.unicodeScalars.filter { $0.properties.isAlphabetic }).lowercased()
        }
        while let first = words.first, openings.contains(key(first)), words.count > 1 {
            // "can you" and "tell me" go in pairs, "can a cache …" stays.
            if let partners = pairs[key(first)] {
                guard words.count > 2, partners.contains(key(words[words.startIndex + 1])) else { break }
                words = words.dropFirst(2)
            } else {
                words = words.dropFirst()
            }
        }
        while let last = words.last, closings.contains(key(last)), words.count > 1 { words = words.dropLast() }
        return words.joined(separator: " ")
    }

    private static let openings: Set<String> = [
        "hi", "hello", "hey", "please", "thanks", "ok", "okay", "so", "well", "great", "and", "sorry", "um", "can",
        "could", "would", "tell", "i",
    ]
    private static let pairs: [String: Set<String>] = [
        "can": ["you"], "could": ["you"], "would": ["you"], "tell": ["me"], "i": ["wonder", "wondered"],
    ]
    private static let closings: Set<String> = ["please", "thanks", "thx", "pls", "cheers"]

    /// Without what stands between an override of the direction of writing and its end: it is shown backward, so that what
    /// is read and what is searched for would be two texts.
    private static func shown(_ text: String.UnicodeScalarView) -> String.UnicodeScalarView {
        var kept = String.UnicodeScalarView()
        var place = text.startIndex
        var hasEnds = true
        while place < text.endIndex {
            if text[place].value == 0x202D || text[place].value == 0x202E {
                let end = hasEnds ? text[place...].firstIndex { $0.value == 0x202C } : nil
                hasEnds = end != nil
                place = end ?? place
            } else {
                kept.append(text[place])
            }
            place = text.index(after: place)
        }
        return kept
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .format, .privateUse, .surrogate, .unassigned: true
        // White space among the controls separates words; the others say nothing.
        case .control: !scalar.properties.isWhitespace
        default: false
        }
    }

    private static func plainForm(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x2018, 0x2019, 0x201A, 0x201B, 0x2032: return "'"
        case 0x201C, 0x201D, 0x201E, 0x2033, 0xAB, 0xBB: return "\""
        case 0x2010...0x2015, 0x2212: return "-"
        case 0x2026: return "..."
        case 0xFB00...0xFB04: return ["ff", "fi", "fl", "ffi", "ffl"][Int(scalar.value - 0xFB00)]
        // Full-width forms of ASCII.
        case 0xFF01...0xFF5E: return String(Unicode.Scalar(scalar.value - 0xFEE0)!)
        default: return scalar.properties.isWhitespace ? " " : String(scalar)
        }
    }
}
