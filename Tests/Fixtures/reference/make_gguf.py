"""Writes the models of make_llama_fixtures.py as GGUF v3 files, the way llama.cpp's convert script does.

    python make_gguf.py            # after make_llama_fixtures.py; writes gguf/

Two things differ from the Hugging Face folder. The rows of each head's q and k weights are reordered,
because GGUF's llama rotates the adjacent pairs (2i, 2i + 1) where Hugging Face rotates (i, i + E/2). And
the tokenizer is embedded: tokens, merges and the name of the pre-tokenizer ("gpt-2").

Every file is then read back, its tensors dequantised and their rows put back in order, and run by
transformers: gguf/expected.json holds those logits, so a quantised file has its own reference.
"""

import json
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader, GGUFWriter, LlamaFileType, TokenType, quants
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from make_llama_fixtures import HERE, PROMPTS, SMALLEST_GAP, expectation, write_expected

# (folder, type of the matrices, name in file names, llama.cpp's file type)
FILES = [
    ("llama-gqa-f32", Type.F32, "f32", LlamaFileType.ALL_F32),
    ("llama-gqa-f32", Type.F16, "f16", LlamaFileType.MOSTLY_F16),
    ("llama-gqa-f32", Type.BF16, "bf16", LlamaFileType.MOSTLY_BF16),
    ("llama-gqa-f32", Type.Q8_0, "q8_0", LlamaFileType.MOSTLY_Q8_0),
    ("llama-tied-bf16", Type.BF16, "bf16", LlamaFileType.MOSTLY_BF16),
    ("llama-mha-f16", Type.F16, "f16", LlamaFileType.MOSTLY_F16),
]
NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    if name in NAMES:
        return NAMES[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{LAYER_NAMES[rest.removesuffix('.weight')]}.weight"


def to_adjacent_pairs(w, heads):
    """Row e of a head (e < E/2) goes to 2e, row E/2 + e to 2e + 1."""
    return w.reshape(heads, 2, -1, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def to_split_halves(w, heads):
    return w.reshape(heads, -1, 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def reordered(name, w, config, change):
    if "q_proj" in name:
        return change(w, config.num_attention_heads)
    if "k_proj" in name:
        return change(w, config.num_key_value_heads)
    return w


def add_tokenizer(writer, tokenizer):
    stored = json.loads(tokenizer.to_str())
    special = {t["id"] for t in stored["added_tokens"]}
    size = tokenizer.get_vocab_size()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([tokenizer.id_to_token(i) for i in range(size)])
    writer.add_token_types([TokenType.CONTROL if i in special else TokenType.NORMAL for i in range(size)])
    writer.add_token_merges([" ".join(m) for m in stored["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(False)


def write(path, folder, type, file_type, model, tokenizer):
    c = model.config
    writer = GGUFWriter(path, "llama")
    writer.add_name(folder)
    writer.add_file_type(file_type)
    writer.add_vocab_size(c.vocab_size)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_rope_dimension_count(c.head_dim)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    add_tokenizer(writer, tokenizer)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        w = reordered(name, tensor.float().numpy(), c, to_adjacent_pairs)
        w = np.ascontiguousarray(w)
        stored_as = Type.F32 if w.ndim == 1 else type
        writer.add_tensor(gguf_name(name), quants.quantize(w, stored_as), raw_dtype=stored_as)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_back(path, config):
    stored = {t.name: quants.dequantize(t.data, t.tensor_type) for t in GGUFReader(path).tensors}
    model = LlamaForCausalLM(config).eval()
    weights = {}
    for name, tensor in model.state_dict().items():
        source = "token_embd.weight" if name == "lm_head.weight" and config.tie_word_embeddings else gguf_name(name)
        w = stored[source].astype(np.float32).reshape(tensor.shape)
        weights[name] = torch.from_numpy(np.ascontiguousarray(reordered(name, w, config, to_split_halves)))
    model.load_state_dict(weights)
    return model


def main():
    torch.set_num_threads(1)
    (HERE / "gguf").mkdir(exist_ok=True)
    results = []
    for folder, type, suffix, file_type in FILES:
        path = HERE / "gguf" / f"{folder.rsplit('-', 1)[0]}-{suffix}.gguf"
        model = LlamaForCausalLM.from_pretrained(HERE / folder, dtype=torch.float32)
        tokenizer = Tokenizer.from_file(str(HERE / folder / "tokenizer.json"))
        write(path, folder, type, file_type, model, tokenizer)
        again = read_back(path, model.config)
        for text in PROMPTS[1:3]:
            result = expectation(again, tokenizer, text)
            assert result["smallest_gap"] > SMALLEST_GAP / 10, (path.name, result["smallest_gap"])
            results.append(dict(file=path.name) | result)
        if type.name.lower() == folder.rsplit("-", 1)[1]:  # the stored type: nothing was rounded
            for (name, a), b in zip(model.state_dict().items(), again.state_dict().values()):
                assert torch.equal(a, b), (path.name, name)
        print(path.name, path.stat().st_size, "smallest gap", results[-2]["smallest_gap"], results[-1]["smallest_gap"])
    write_expected(HERE / "gguf" / "expected.json", results)


if __name__ == "__main__":
    main()
