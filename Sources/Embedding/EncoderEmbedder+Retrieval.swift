// EncoderEmbedder+Retrieval.swift — the encoder as retrieval sees it.
// Embedding.  Retrieval names what it needs of an embedder and knows no models; this is the one that has it all.

import Retrieval

extension EncoderEmbedder: Embedder {}
