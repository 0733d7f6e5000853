// SwiftletServer+Explain.swift — the routes of questions and notes.
// Server › Explain.

import Limiting
import Network

extension SwiftletServer {
    func openExplanations() throws(APIError) -> ExplainDesk {
        guard let explanations else { throw .noCorpus }
        return explanations
    }

    func explain(_ request: HTTPRequest, _ responder: Responder, _ visitor: Visitor?) throws(APIError) {
        guard !isDraining else { throw .shuttingDown }
        let model = try loadedModel()
        let explanations = try openExplanations()
        guard request.hasJSONContent else { throw .notJSONContent }
        guard visitor.mayUse(model.id) else { throw .modelNotAllowed(model.id) }
        let (body, ignores, interval) = (request.body, ignoresUnknownFields, configuration.keepAliveInterval)
        try counted(visitor, responder) { () throws(APIError) in
            try explanations.explain(
                body, model, visitor, responder, ignoresUnknownFields: ignores, keepAliveInterval: interval)
        }
    }
}
