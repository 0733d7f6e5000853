// ConnectingPhrases.swift — what may stand between two quoted sentences, and is no quotation.
// Explainer › Answer.  The models are trained with these very phrases: a change here is a change there.

package enum ConnectingPhrases {
    /// The plain space first. Each ends with the space that the next sentence stands behind. All of them fit any
    /// sentence: "For example:" before what is none would say something that no note says.
    package static let all = [" ", " In more detail: ", " Note also: ", " In practice: "]
}
