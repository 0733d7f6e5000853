// EnginePlan+Warnings.swift — builds the engine and says what the user should know about it.
// Console.

package import Engine
package import Transformer

extension EnginePlan {
    /// As `makeCore(_:unusedTensors:panelCacheNote:)`, with warnings as lines on stderr.
    package func makeCore(
        reportingUnused checkpoint: sending ModelCheckpoint, draft: sending ModelCheckpoint? = nil
    ) throws -> sending EngineCore<DecoderModel> {
        let path = checkpoint.path
        var unused: [String] = []
        var note: String?
        let core = try makeCore(checkpoint, draft: draft, unusedTensors: &unused, panelCacheNote: &note)
        if let note { Output.note("note: \(path): \(note)") }
        if let warning { Output.note("warning: \(path): \(warning)") }
        // Weights that nobody used deserve a line: the model may not be what it seems.
        if let first = unused.first {
            let others = unused.count > 1 ? " and \(unused.count - 1) more" : ""
            Output.note("warning: \(path): unused tensor \(first)\(others)")
        }
        return core
    }
}
