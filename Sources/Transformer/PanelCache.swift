// PanelCache.swift — the packed weights of a large model, kept beside its file: the next start maps them.
// Transformer.  Packing a gigabyte costs a second; mapping it costs its checksums, and processes share the pages.

import Base
import Checkpoint
import Kernels

/// Takes the panels of a model's matrices from a file, in the order in which the model asks for them; or collects those
/// that had to be made and leaves the file for the next start.
///
/// A file that belongs to other weights, is damaged or was written by another version is replaced. That the folder
/// cannot be written to is worth a note and no more.
final class PanelCache {
    let path: String
    private let sources: [FileIdentity]
    private var found: [PackedMatrix]
    private var position = 0
    private var made: [PackedMatrix] = []
    private let pool: ThreadPool

    /// - Returns: nil when the model's files are smaller than `threshold`, or not files.
    init?(beside source: any TensorSource, threshold: Int?, pool: ThreadPool) {
        sources = source.identities
        guard let threshold, !sources.isEmpty, sources.reduce(0, { $0 + $1.byteCount }) >= threshold else { return nil }
        path = source.path + (source is HuggingFaceFolder ? "/weights.swiftlet-panels" : ".swiftlet-panels")
        self.pool = pool
        found = (try? PanelFile.read(path, of: sources, pool: pool)) ?? []
    }

    /// The panels of `matrix`; nil when they are to be made.
    func next(_ matrix: Matrix) -> PackedMatrix? {
        guard position < found.count else { return nil }
        let panels = found[position]
        guard panels.elementType == matrix.elementType, panels.rows == matrix.rows, panels.columns == matrix.columns
        else {
            // Another order of asking: nothing of the file is used from here on.
            made = Array(found[..<position])
            found = []
            return nil
        }
        position += 1
        return panels
    }

    /// The matrix that `next` did not have.
    func add(_ panels: PackedMatrix) {
        if made.isEmpty { made = Array(found[..<position]) }
        made.append(panels)
    }

    /// Writes what was made. Call when the model has all its weights.
    /// - Returns: what happened, in words for a person; nil when the file was there.
    func finish() -> String? {
        guard !made.isEmpty else { return nil }
        do {
            try PanelFile.write(made, of: sources, to: path)
            let size = made.reduce(0) { $0 + $1.byteCount }
            return "the weights in the order of this CPU's kernels (\(size >> 20) MiB) are now in \(path):"
                + " the next start will be faster"
        } catch {
            return "the weights in the order of this CPU's kernels could not be kept for the next start: \(error)"
        }
    }
}
