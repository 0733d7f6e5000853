// RegularExpression.swift — a compiled pattern, for the pre-tokenizers that have no scanner of their own.
// Tokenization › RegularExpression.  PCRE2 with its just-in-time compiler.

import CPCRE2

/// Why a pattern cannot be used.
package struct RegularExpressionError: Error, Equatable {
    package let reason: String
}

/// A pattern as tokenizer.json writes it, in Oniguruma's syntax, matched by PCRE2 over UTF-8.
///
/// Characters newer than PCRE2's Unicode tables (14.0 in 10.42) count as unassigned: no letters, numbers or marks.
///
/// Immutable once made, and PCRE2 only reads compiled code and match contexts, so any thread may match.
final class RegularExpression: @unchecked Sendable, Equatable {
    /// As the file writes it.
    let source: String
    private let code: OpaquePointer
    private let limits: OpaquePointer

    /// Steps that one match may take: far more than splitting text needs, and over in some milliseconds. A pattern
    /// that backtracks without end (`(a+)+b`) is stopped by it.
    private static let matchLimit: UInt32 = 5_000_000

    init(_ source: String) throws(RegularExpressionError) {
        let pattern = try OnigurumaSyntax.translate(source)
        var error: Int32 = 0
        var offset = 0
        let options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
        let utf8 = Array(pattern.utf8)
        guard let code = pcre2_compile_8(utf8, utf8.count, options, &error, &offset, nil) else {
            throw RegularExpressionError(reason: "\(RegularExpression.message(error)) at byte \(offset) of \(pattern)")
        }
        guard let limits = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw RegularExpressionError(reason: "there is no memory for it")
        }
        // Where the machine has no compiler for it, the interpreter does the same.
        _ = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        pcre2_set_match_limit_8(limits, RegularExpression.matchLimit)
        self.source = source
        self.code = code
        self.limits = limits
    }

    deinit {
        pcre2_match_context_free_8(limits)
        pcre2_code_free_8(code)
    }

    static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.source.utf8.elementsEqual(right.source.utf8)
    }

    /// Calls `body` with each match, left to right; matches do not overlap, and an empty one never touches the one
    /// before it. A text at which the pattern exceeds its limit has no more matches from there.
    /// - Precondition: `text` is valid UTF-8.
    func forEachMatch(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        guard let found = pcre2_match_data_create_8(1, nil) else { return }
        defer { pcre2_match_data_free_8(found) }
        text.withUnsafeBufferPointer { subject in
            guard let start = subject.baseAddress else { return }
            var position = 0
            var previousEnd = -1
            while position <= subject.count {
                guard match(start, subject.count, position, found) > 0, let bounds = pcre2_get_ovector_pointer_8(found)
                else { return }
                let (lower, upper) = (bounds[0], bounds[1])
                guard lower >= position, upper >= lower, upper <= subject.count else { return }
                if upper > lower {
                    body(lower..<upper)
                    position = upper
                } else {
                    if lower != previousEnd { body(lower..<lower) }
                    // Past an empty match by one character.
                    position = lower + 1
                    while position < subject.count && subject[position] & 0xc0 == 0x80 { position += 1 }
                }
                previousEnd = upper
            }
        }
    }

    private func match(
        _ subject: UnsafePointer<UInt8>, _ count: Int, _ position: Int, _ found: OpaquePointer
    ) -> Int32 {
        let result = pcre2_match_8(code, subject, count, position, PCRE2_NO_UTF_CHECK, found, limits)
        // Compiled code has a small stack of its own; the interpreter goes on where that ends.
        guard result == PCRE2_ERROR_JIT_STACKLIMIT else { return result }
        return pcre2_match_8(code, subject, count, position, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, found, limits)
    }

    private static func message(_ code: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        guard pcre2_get_error_message_8(code, &text, text.count) > 0 else { return "error \(code)" }
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
}
