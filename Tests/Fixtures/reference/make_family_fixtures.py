"""Writes a tiny random model of each decoder family with Hugging Face transformers, and what transformers computes.

    python make_family_fixtures.py [name ...]        # writes the folders beside this file

Seeds are searched as in make_llama_fixtures.py. All weights are BF16, so that llama.cpp's converter can store
them without rounding and one expected.json serves folder and GGUF (convert_families.py).
"""

import json
import shutil
import sys
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from make_llama_fixtures import BOS, END, EOS, HERE, LONG
from make_llama_fixtures import expectation, is_fair, train_tokenizer, write_expected

VOCABULARY = 300
# The only one of transformers' implementations that caps Gemma 2's scores.
ATTENTION = "eager"
PROMPTS = ["The swift", "für 7 × 8 = 56 🐦\n\n  let x = 1", LONG]
SMALL = dict(vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=1, hidden_size=32, intermediate_size=64,
             num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=3, tie_word_embeddings=False,
             rms_norm_eps=1e-5, max_position_embeddings=512)  # fmt: skip


@dataclass
class Family:
    name: str
    model_type: str
    config: dict
    shard_size: str = "1GB"
    # Keys of config.json that are put as transformers 4 wrote them.
    transformers_4: dict = field(default_factory=dict)
    # llama.cpp's converter drops the window: what it leaves has expectations of its own.
    gguf_config: dict | None = None
    # By which llama.cpp's converter of the family knows a byte-level vocabulary.
    tokenizer_class: str | None = None


LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)  # fmt: skip

LONGROPE = dict(rope_type="longrope", short_factor=[1.0, 1.1, 1.5, 2.0], long_factor=[1.5, 3.0, 8.0, 20.0],
                original_max_position_embeddings=512)  # fmt: skip

FAMILIES = [
    # Heads of 16: of the 8 frequencies some are kept, some interpolated and some divided by 8.
    Family("llama3-scaling", "llama",
           dict(num_attention_heads=2, num_key_value_heads=1, head_dim=16, tie_word_embeddings=True,
                rope_parameters=LLAMA3 | dict(rope_theta=10000.0)),
           transformers_4=dict(rope_theta=10000.0, rope_scaling=LLAMA3)),
    Family("llama-linear-biases", "llama",
           dict(attention_bias=True, mlp_bias=True,
                rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0))),
    Family("mistral-window", "mistral", dict(sliding_window=24, head_dim=8), gguf_config=dict(sliding_window=None)),
    Family("qwen2-bias", "qwen2", dict(use_sliding_window=False, sliding_window=16, max_window_layers=1,
                                       rope_parameters=dict(rope_type="default", rope_theta=1000000.0))),
    # Layer 0 sees everything, layers 1 and 2 the last 20 positions.
    Family("qwen2-window-sharded", "qwen2",
           dict(use_sliding_window=True, sliding_window=20, max_window_layers=1, tie_word_embeddings=True),
           shard_size="50KB"),
    Family("qwen3-head-norms", "qwen3", dict(head_dim=16, intermediate_size=48)),
    # Fused tensors; every pair of features has a divisor of its own, and scores are scaled for twice the context.
    Family("phi3-longrope", "phi3",
           dict(sliding_window=40, pad_token_id=1, max_position_embeddings=1024, original_max_position_embeddings=512,
                rope_parameters=LONGROPE | dict(rope_theta=10000.0)),
           tokenizer_class="GPT2Tokenizer"),
    # Every text is longer than the original 4 positions; only the first half of a head's features is rotated.
    Family("phi3-long-texts", "phi3",
           dict(pad_token_id=1, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=1024,
                original_max_position_embeddings=4, tie_word_embeddings=True,
                rope_parameters=LONGROPE | dict(rope_theta=10000.0, partial_rotary_factor=0.5,
                                                original_max_position_embeddings=4)),
           tokenizer_class="GPT2Tokenizer"),
    # The plain Gemma: gains 1 + w, GeGLU, scaled token vectors.
    Family("gemma-plain", "gemma", dict(head_dim=16, num_key_value_heads=1, tie_word_embeddings=True, pad_token_id=1)),
    # Caps low enough to bend many scores and logits; a window in layers 0 and 2.
    Family("gemma2-caps", "gemma2",
           dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=24, tie_word_embeddings=True, pad_token_id=1,
                attn_logit_softcapping=3.0, final_logit_softcapping=15.0)),
    # Layer 5 of 7 sees everything and turns four times slower, from a base of its own.
    Family("gemma3-windows", "gemma3_text",
           dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=24, tie_word_embeddings=True, pad_token_id=1,
                num_hidden_layers=7, num_key_value_heads=1, hidden_size=16, num_attention_heads=2, intermediate_size=32,
                rope_parameters=dict(sliding_attention=dict(rope_type="default", rope_theta=10000.0),
                                     full_attention=dict(rope_type="linear", factor=4.0, rope_theta=1000000.0)))),
]  # fmt: skip


def random_model(family, seed):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family.model_type, **(SMALL | family.config)))
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            p.data = 0.5 * torch.randn(p.shape)
        elif p.ndim == 1:
            p.data = 1 + 0.2 * torch.randn(p.shape)
            if "gemma" in family.model_type:
                # It adds the 1; and with gains of either sign at the end no token predicts itself through the tied head.
                p.data = torch.randn(p.shape) - 1 if name == "model.norm.weight" else p.data - 1
        elif "embed_tokens" in name or "lm_head" in name:
            p.data = 0.5 * torch.randn(p.shape)
        else:
            p.data = 1.4 * torch.randn(p.shape) / p.shape[1] ** 0.5
    return model.to(torch.bfloat16).eval()


def in_f32(stored, **changes):
    config = type(stored.config)(**(stored.config.to_dict() | changes))
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=ATTENTION).eval()
    model.load_state_dict({k: v.float() for k, v in stored.state_dict().items()})
    return model


def expectations(model, tokenizer):
    prompts = []
    for text in PROMPTS:
        prompts.append(expectation(model, tokenizer, text))
        if not is_fair(prompts):
            return None
        last = prompts[-1]  # two rows of logits are enough
        last["positions"], last["logits"] = last["positions"][-2:], last["logits"][-2:]
    return prompts


def write(family):
    folder = HERE / family.name
    shutil.rmtree(folder, ignore_errors=True)
    # The name that the Qwen families' tokenizer class would otherwise add.
    tokenizer = Tokenizer.from_str(train_tokenizer(VOCABULARY).to_str().replace(END, "<|endoftext|>"))
    for seed in range(2000):
        stored = random_model(family, seed)
        prompts = expectations(in_f32(stored), tokenizer)
        left = prompts and family.gguf_config and expectations(in_f32(stored, **family.gguf_config), tokenizer)
        if prompts and (left or not family.gguf_config):
            break
    else:
        raise SystemExit(f"{family.name}: no seed gives a fair test")
    stored.save_pretrained(folder, max_shard_size=family.shard_size)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "generation_config.json").unlink(missing_ok=True)
    if family.tokenizer_class:
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | dict(tokenizer_class=family.tokenizer_class), indent=2))
    if family.transformers_4:
        config = json.loads((folder / "config.json").read_text())
        del config["rope_parameters"]
        config["torch_dtype"] = config.pop("dtype")
        config |= family.transformers_4 | dict(transformers_version="4.46.0")
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    smallest = min(p["smallest_gap"] for p in prompts)
    write_expected(folder / "expected.json", prompts, seed=seed, smallest_gap=smallest)
    if left:
        write_expected(folder / "expected-gguf.json", left, seed=seed, **family.gguf_config)

    # What was written is what was computed.
    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=ATTENTION).eval()
    for p in prompts:
        assert expectation(again, tokenizer, p["text"], 1)["logits"][-2:] == p["logits"], family.name
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(family.name, "seed", seed, "smallest gap", smallest, [len(p["ids"]) for p in prompts], size, flush=True)


def main():
    torch.set_num_threads(1)
    for family in FAMILIES:
        if len(sys.argv) < 2 or family.name in sys.argv[1:]:
            write(family)


if __name__ == "__main__":
    main()
