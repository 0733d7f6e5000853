// EncoderPrecision+Arguments.swift — the flag that says what an encoder computes in.
// Console.

package import Transformer

extension EncoderPrecision {
    /// - Parameter default: what the command computes in where nothing is asked for.
    package static func definition(default precision: Self) -> OptionDefinition {
        OptionDefinition("--precision", "f32|int8", "of the encoder's products (default: \(precision.rawValue))")
    }

    /// What `--precision` says; nil where it says nothing.
    package static func asked(_ arguments: Arguments) throws(UsageError) -> Self? {
        try arguments.choice("--precision", [.f32, .int8].map { ($0.rawValue, $0) })
    }
}
