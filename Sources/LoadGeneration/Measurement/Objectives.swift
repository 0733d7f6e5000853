// Objectives.swift — what latency counts as good, and which requests met it.
// LoadGeneration › Measurement.  Goodput: DistServe, Zhong et al. 2024, arXiv:2401.09670.

/// Upper bounds in milliseconds; a request is good when it meets all that are given.
package struct Objectives: Sendable, Equatable {
    package var timeToFirstToken: Double?
    package var timePerOutputToken: Double?
    package var endToEnd: Double?

    package init() {}

    /// From `ttft:200,tpot:50`; `e2el` bounds the whole request. Nil for anything else.
    package init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: ":", omittingEmptySubsequences: false)
            guard words.count == 2, let bound = Double(words[1]), bound > 0, bound.isFinite else { return nil }
            switch words[0] {
            case "ttft": timeToFirstToken = bound
            case "tpot": timePerOutputToken = bound
            case "e2el": endToEnd = bound
            default: return nil
            }
        }
    }

    /// A failed request is never good; a measure that a request does not have cannot fail it.
    package func areMet(by record: RequestRecord) -> Bool {
        func meets(_ seconds: Double?, _ bound: Double?) -> Bool {
            guard let seconds, let bound else { return true }
            return seconds * 1000 <= bound
        }
        return record.isCompleted && meets(record.timeToFirstToken, timeToFirstToken)
            && meets(record.timePerOutputToken, timePerOutputToken) && meets(record.endToEnd, endToEnd)
    }
}
