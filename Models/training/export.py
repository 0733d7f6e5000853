"""Writes the newest checkpoint as a Hugging Face folder in bf16.

    python export.py --positions 2048 --checkpoints teach --out ../swiftlet-5m
    python export.py --draft --positions 2048 --checkpoints draft --out ../swiftlet-5m-draft
"""

import argparse
import dataclasses
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from model import DRAFT, FULL, TINY, TINY_DRAFT
from tokenizer import BOUNDARY, CHAT_TEMPLATE, END, SPECIAL
from train import HERE

LICENCE = """\
The weights (model.safetensors) and the tokenizer (tokenizer.json) in this folder are licensed under
Creative Commons Attribution-ShareAlike 4.0 International (CC BY-SA 4.0):
https://creativecommons.org/licenses/by-sa/4.0/legalcode

They were trained on the texts named, with their licences, in ../README.md; keep that attribution with
them. They come without warranty of any kind.
"""


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--checkpoints", type=Path, default=HERE / "checkpoints")
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--draft", action="store_true", help="of a run with a teacher")
    a.add_argument("--tiny", action="store_true")
    a.add_argument("--unfinished", action="store_true", help="take a checkpoint from the middle of a run")
    a.add_argument("--positions", type=int, help="the context, where it is not the configuration's (teach.py's 2048)")
    args = a.parse_args()
    if args.draft:
        c = TINY_DRAFT if args.tiny else DRAFT
    else:
        c = TINY if args.tiny else FULL
    c = dataclasses.replace(c, positions=args.positions or c.positions)
    newest = sorted(args.checkpoints.glob("step-*.pt"))[-1]
    state = torch.load(newest, weights_only=True)
    if not (state["finished"] or args.unfinished):
        a.error(f"{newest} is not the end of its run")
    out = args.out
    out.mkdir(parents=True, exist_ok=True)

    weights = {name: w.to(torch.bfloat16).contiguous() for name, w in state["model"].items()}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})

    tokenizer = Tokenizer.from_file(str(args.checkpoints / "tokenizer.json"))
    tokenizer.save(str(out / "tokenizer.json"))
    boundary, end = tokenizer.token_to_id(BOUNDARY), tokenizer.token_to_id(END)
    config = dict(
        architectures=["LlamaForCausalLM"],
        model_type="llama",
        vocab_size=c.vocabulary,
        hidden_size=c.width,
        intermediate_size=c.ff,
        num_hidden_layers=c.layers,
        num_attention_heads=c.heads,
        num_key_value_heads=c.kv_heads,
        head_dim=c.head_width,
        max_position_embeddings=c.positions,
        rope_theta=c.rope_theta,
        rms_norm_eps=c.norm_eps,
        hidden_act="silu",
        tie_word_embeddings=True,
        attention_bias=False,
        mlp_bias=False,
        bos_token_id=boundary,
        eos_token_id=boundary,
        torch_dtype="bfloat16",
    )
    write_json(out / "config.json", config)
    write_json(
        out / "generation_config.json",
        dict(bos_token_id=boundary, eos_token_id=[end, boundary], do_sample=True, temperature=0.7, top_p=0.9),
    )
    write_json(
        out / "tokenizer_config.json",
        dict(
            tokenizer_class="PreTrainedTokenizerFast",
            add_bos_token=False,
            add_eos_token=False,
            bos_token=BOUNDARY,
            eos_token=END,
            additional_special_tokens=SPECIAL[1:],
            clean_up_tokenization_spaces=False,
            model_max_length=c.positions,
            chat_template=CHAT_TEMPLATE,
        ),
    )
    (out / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    (out / "LICENSE").write_text(LICENCE, encoding="utf-8")
    print(f"{newest.name}: {sum(w.numel() for w in weights.values())} parameters, {state['step']} steps, {state['tokens']} tokens, {state['seconds'] / 60:.1f} minutes -> {out}")  # fmt: skip


if __name__ == "__main__":
    main()
