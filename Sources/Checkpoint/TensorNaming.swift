// TensorNaming.swift — GGUF's tensor names and Hugging Face's, both ways.
// Checkpoint.  Names: llama.cpp's gguf-py `tensor_mapping.py`; transformers' Llama and Qwen models.

/// A table of names. Layers are `blk.<n>.` in GGUF and `model.layers.<n>.` at Hugging Face; `.weight` and `.bias` are
/// the same in both.
///
/// Names outside the table (`rope_freqs.weight` above all: the factors of llama3 rope scaling) keep their GGUF name.
package struct TensorNaming: Sendable {
    private let huggingFaceByGGUF: [String: String]
    private let ggufByHuggingFace: [String: String]

    /// - Parameters: GGUF name, Hugging Face name; `{n}` stands for the layer.
    init(_ pairs: [(String, String)]) {
        huggingFaceByGGUF = Dictionary(uniqueKeysWithValues: pairs)
        ggufByHuggingFace = Dictionary(uniqueKeysWithValues: pairs.map { ($1, $0) })
    }

    /// Llama, Mistral, SmolLM, Qwen2 and Qwen3: every architecture with llama.cpp's plain decoder layout.
    package static let llama = TensorNaming([
        ("token_embd", "model.embed_tokens"),
        ("output_norm", "model.norm"),
        ("output", "lm_head"),
        ("blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"),
        ("blk.{n}.attn_q", "model.layers.{n}.self_attn.q_proj"),
        ("blk.{n}.attn_k", "model.layers.{n}.self_attn.k_proj"),
        ("blk.{n}.attn_v", "model.layers.{n}.self_attn.v_proj"),
        ("blk.{n}.attn_output", "model.layers.{n}.self_attn.o_proj"),
        ("blk.{n}.attn_q_norm", "model.layers.{n}.self_attn.q_norm"),
        ("blk.{n}.attn_k_norm", "model.layers.{n}.self_attn.k_norm"),
        ("blk.{n}.ffn_norm", "model.layers.{n}.post_attention_layernorm"),
        ("blk.{n}.ffn_gate", "model.layers.{n}.mlp.gate_proj"),
        ("blk.{n}.ffn_up", "model.layers.{n}.mlp.up_proj"),
        ("blk.{n}.ffn_down", "model.layers.{n}.mlp.down_proj"),
    ])

    /// The table of a GGUF file whose `general.architecture` is this.
    package static func of(architecture: String) -> TensorNaming {
        switch architecture {
        case "phi3":
            llama.with([
                ("blk.{n}.attn_qkv", "model.layers.{n}.self_attn.qkv_proj"),
                // Both halves, in spite of the name.
                ("blk.{n}.ffn_up", "model.layers.{n}.mlp.gate_up_proj"),
            ])
        case "gemma2", "gemma3":
            llama.with([
                ("blk.{n}.post_attention_norm", "model.layers.{n}.post_attention_layernorm"),
                ("blk.{n}.ffn_norm", "model.layers.{n}.pre_feedforward_layernorm"),
                ("blk.{n}.post_ffw_norm", "model.layers.{n}.post_feedforward_layernorm"),
            ])
        default: llama
        }
    }

    /// The same table with other or more Hugging Face names for these GGUF names.
    private func with(_ pairs: [(String, String)]) -> TensorNaming {
        TensorNaming(huggingFaceByGGUF.merging(pairs) { _, new in new }.map { ($0.key, $0.value) })
    }

    /// `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; nil for a name outside the table.
    package func huggingFace(_ name: String) -> String? {
        Self.translate(name, layerPrefix: "blk.", by: huggingFaceByGGUF)
    }

    /// The way back, for writing GGUF files.
    package func gguf(_ name: String) -> String? {
        Self.translate(name, layerPrefix: "model.layers.", by: ggufByHuggingFace)
    }

    private static func translate(_ name: String, layerPrefix: String, by table: [String: String]) -> String? {
        // 1. Set `.weight` or `.bias` aside.
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let suffix = name[dot...]
        guard suffix == ".weight" || suffix == ".bias" else { return nil }
        let stem = name[..<dot]
        // 2. Set the layer's number aside.
        guard stem.hasPrefix(layerPrefix) else { return table[String(stem)].map { $0 + suffix } }
        let rest = stem.dropFirst(layerPrefix.count)
        let number = rest.prefix { $0.isASCII && $0.isNumber }
        guard !number.isEmpty, let target = table[layerPrefix + "{n}" + rest.dropFirst(number.count)] else {
            return nil
        }
        // 3. Put both back.
        let parts = target.split(separator: "{n}", maxSplits: 1, omittingEmptySubsequences: false)
        return "\(parts[0])\(number)\(parts[1])\(suffix)"
    }
}
