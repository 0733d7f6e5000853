// ExplainService.swift — what answers rest on: the notes, and who finds evidence in them.
// Server › Explain.

package import Explainer

package struct ExplainService: Sendable {
    package let corpus: Corpus
    package let finder: any EvidenceFinding

    package init(corpus: Corpus, finder: any EvidenceFinding) {
        self.corpus = corpus
        self.finder = finder
    }
}
