"""Perplexity of an exported folder, by the protocol that `swiftlet perplexity --file F` follows.

    python evaluate.py --write-held-out held-out.txt      # rebuild the held-out text, then score it
    python evaluate.py --file some.txt                    # score any UTF-8 text

The whole file is one sequence of tokens; it must not spell out a special token. It is
cut into consecutive pieces of P - 1 tokens (P = max_position_embeddings; the last piece is shorter).
A piece is scored alone, after one bos token: so every token of the file is scored exactly once, and
sees at most P - 1 positions before it. Nats are summed in f64 over all tokens; logits are f32 from the
stored bf16 weights. bits/byte = nats / ln 2 / bytes of the file.

The held-out text: the documents that data.is_held_out names, in file order, joined by an empty line.
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

import data
from model import Config, Llama
from tokenizer import SPECIAL
from train import HERE, SHARED_TEXT


def load(folder):
    c = json.loads((folder / "config.json").read_text())
    config = Config(
        vocabulary=c["vocab_size"],
        width=c["hidden_size"],
        layers=c["num_hidden_layers"],
        heads=c["num_attention_heads"],
        kv_heads=c["num_key_value_heads"],
        head_width=c["head_dim"],
        ff=c["intermediate_size"],
        positions=c["max_position_embeddings"],
        rope_theta=c["rope_theta"],
        norm_eps=c["rms_norm_eps"],
    )
    model = Llama(config)
    model.load_state_dict({name: w.float() for name, w in load_file(folder / "model.safetensors").items()})
    return model.eval(), Tokenizer.from_file(str(folder / "tokenizer.json")), c["bos_token_id"]


@torch.no_grad()
def total_nats(model, ids, bos):
    size, nats = model.config.positions - 1, 0.0
    for start in range(0, len(ids), size):
        piece = torch.tensor(ids[start : start + size])
        inputs = torch.cat([torch.tensor([bos]), piece[:-1]])
        scores = F.log_softmax(model(inputs[None])[0], dim=-1)
        nats -= scores.gather(1, piece[:, None]).double().sum().item()
    return nats


def score(model, tokenizer, bos, path):
    raw = path.read_bytes()
    ids = tokenizer.encode(raw.decode("utf-8"), add_special_tokens=False).ids
    assert min(ids) >= len(SPECIAL), f"{path} spells out a special token"
    nats = total_nats(model, ids, bos)
    return dict(
        file=path.name,
        bytes=len(raw),
        tokens=len(ids),
        nats_per_token=round(nats / len(ids), 6),
        perplexity=round(math.exp(nats / len(ids)), 4),
        bits_per_byte=round(nats / math.log(2) / len(raw), 5),
    )


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", type=Path, default=HERE.parent / "swiftlet-5m")
    a.add_argument("--data", type=Path, default=SHARED_TEXT)
    a.add_argument("--write-held-out", type=Path)
    a.add_argument("--file", type=Path, action="append", default=[])
    args = a.parse_args()
    torch.set_num_threads(2)
    files = args.file
    if args.write_held_out:
        _, held = data.split(data.documents(args.data))
        args.write_held_out.write_bytes("\n\n".join(text for _, text in held).encode("utf-8"))
        files = [args.write_held_out] + files
    model, tokenizer, bos = load(args.model)
    for path in files:
        print(json.dumps(score(model, tokenizer, bos, path)), flush=True)


if __name__ == "__main__":
    main()
