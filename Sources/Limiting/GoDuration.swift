// GoDuration.swift — durations as `x-ratelimit-reset-*` spells them.
// Limiting.  The notation of Go's time.Duration, which OpenAI's headers use: 0s, 20ms, 1.5s, 6m0s, 1h0m0s.

package enum GoDuration {
    package static func text(milliseconds: Int) -> String {
        if milliseconds <= 0 { return "0s" }
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let prefix = hours > 0 ? "\(hours)h\(minutes)m" : minutes > 0 ? "\(minutes)m" : ""
        let thousandths = milliseconds % 1_000
        var fraction = ""
        if thousandths > 0 {
            let digits = String(1_000 + thousandths).dropFirst()
            let lastKept = digits.lastIndex { $0 != "0" } ?? digits.startIndex
            fraction = "." + digits[...lastKept]
        }
        return prefix + "\(milliseconds / 1_000 % 60)\(fraction)s"
    }
}
