// CalendarTime.swift — the date and time that a template may print.
// Tokenization › ChatTemplate.

import Glibc

/// A local date and time without a zone, as Python's `datetime.now()`. Given to a rendering, so that it is repeatable.
package struct CalendarTime: Sendable, Equatable {
    package var year: Int
    /// 1…12
    package var month: Int
    /// 1…31
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var microsecond: Int

    package init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    /// The computer's clock, in its time zone.
    package static func now() -> CalendarTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        localtime_r(&time.tv_sec, &parts)
        return CalendarTime(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec),
            microsecond: time.tv_nsec / 1000)
    }

    /// `strftime`, with Python's `%f` (microseconds) and with `%z` and `%Z` empty, as for any time without a zone.
    func formatted(_ format: String) throws(TemplateFault) -> String {
        guard format.utf8.count <= 1024, !format.utf8.contains(0) else {
            throw TemplateFault("the time format is too long")
        }
        var pattern = ""
        var isDirective = false
        for character in format.unicodeScalars {
            switch (isDirective, character) {
            case (true, "f"):
                let digits = String(microsecond)
                pattern.removeLast()
                pattern += String(repeating: "0", count: 6 - digits.count) + digits
            case (true, "z"), (true, "Z"): pattern.removeLast()
            default: pattern.unicodeScalars.append(character)
            }
            isDirective = character == "%" && !isDirective
        }
        if pattern.isEmpty { return "" }
        var parts = tm()
        parts.tm_year = Int32(clamping: year - 1900)
        parts.tm_mon = Int32(clamping: month - 1)
        parts.tm_mday = Int32(clamping: day)
        parts.tm_hour = Int32(clamping: hour)
        parts.tm_min = Int32(clamping: minute)
        parts.tm_sec = Int32(clamping: second)
        // Fills in the day of the week and of the year.
        timegm(&parts)
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        let count = strftime(&buffer, buffer.count, pattern, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
