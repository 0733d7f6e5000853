// EnginePlan+Warnings.swift — builds the engine and says on stderr what the user should know about it.
// swiftlet › Loading.

import Engine
import Transformer

extension EnginePlan {
    /// - Throws: as `makeCore`.
    func makeCore(
        _ checkpoint: sending ModelCheckpoint, reporting model: LoadedModel
    ) throws -> sending EngineCore<DecoderModel> {
        var unused: [String] = []
        let core = try makeCore(checkpoint, unusedTensors: &unused)
        if let warning { Output.note("warning: \(model.path): \(warning)") }
        // Weights that nobody used deserve a line: the model may not be what it seems.
        if let first = unused.first {
            let others = unused.count > 1 ? " and \(unused.count - 1) more" : ""
            Output.note("warning: \(model.path): unused tensor \(first)\(others)")
        }
        return core
    }
}
