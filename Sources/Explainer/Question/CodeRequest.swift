// CodeRequest.swift — "implement top-p in python" asks for a program, and prose about it is no answer.
// Explainer › Question.

/// Whether a question asks to see code.
enum CodeRequest {
    static func isAsked(in question: String) -> Bool {
        let words = question.lowercased().split { !$0.isLetter }
        return words.contains { asking.contains(String($0)) }
    }

    private static let asking: Set = [
        "code", "coding", "implement", "implements", "implementing", "implementation", "write", "scratch", "snippet",
        "pseudocode", "python", "numpy", "pytorch", "torch",
    ]
}
