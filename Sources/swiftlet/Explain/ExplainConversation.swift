// ExplainConversation.swift — `swiftlet chat --explain`: questions about the notes, one after another.
// swiftlet › Explain.

import Console
import Explainer
import Glibc

enum ExplainConversation {
    /// Turns that a follow-up can refer to.
    private static let turnCount = 16

    static func run(_ arguments: Arguments) throws {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var explainer = try TerminalExplainer(arguments)
        var turns: [ConversationTurn] = []
        if isTerminal { Output.note("Ask about language models and the systems around them. /clear, /exit") }
        var reader = MessageReader(interruptKey: nil)
        while true {
            if isTerminal { Output.write("> ".utf8) }
            guard case .message(let text) = try reader.next(askForMore: { if isTerminal { Output.write("… ".utf8) } })
            else { break }
            switch text {
            case "/exit", "/quit": return
            case "/clear":
                turns = []
                Output.note("the conversation starts afresh")
            default:
                guard text.contains(where: { !$0.isWhitespace }) else { continue }
                do throws(UsageError) { try ExplainTurn.check(text) } catch {
                    Output.note("\(error)")
                    continue
                }
                let answer = try explainer.answer(text, conversation: turns, AnswerPrinter())
                turns.append(ConversationTurn(question: text, notes: answer.quotedNotes, answer: answer.text))
                turns = Array(turns.suffix(turnCount))
                Output.line("")
            }
        }
    }
}
