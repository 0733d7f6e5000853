// DiscardableMemory.swift — memory whose content can be read again from where it came from.
// Kernels.

/// An owner of mapped memory that can let its pages go: weights that were copied into panels are not kept twice.
package protocol DiscardableMemory: AnyObject {
    /// Tells that these bytes will hardly be read again. They stay valid: a read brings them back from the file.
    func discard(_ bytes: UnsafeRawBufferPointer)
}
