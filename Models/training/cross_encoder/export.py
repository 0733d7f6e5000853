"""What the newest checkpoint learned, as a folder that `--cross-encoder` takes: the layers that are not the base's, and the head.

    python export.py --checkpoints WORK/checkpoints --out WORK/cross

In f16, under the names of the encoder that they belong to; everything else is read from there.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from train import BASE, newest, start_model


def part(name):
    """`encoder.layer.5` of a tensor in that layer; `embeddings`, `pooler` or `classifier` of another."""
    names = name.split(".")
    return ".".join(names[:3]) if names[0] == "encoder" else names[0]


def learned(model, base):
    """The tensors of those parts that the training changed."""
    known = {name.removeprefix("bert."): t for name, t in base.state_dict().items()}
    found = {name.removeprefix("bert."): t for name, t in model.state_dict().items()}
    changed = {part(name) for name, t in found.items() if not torch.equal(t, known[name])}
    return {name: t.to(torch.float16).contiguous() for name, t in found.items()
            if part(name) in changed | {"pooler", "classifier"}}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--base", type=Path, default=BASE)
    a.add_argument("--checkpoints", type=Path, required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--length", type=int, default=128, help="word pieces of a pair; longer ones are cut when served")
    args = a.parse_args()
    known = newest(args.checkpoints)
    if known is None:
        a.error(f"{args.checkpoints} holds no checkpoint")
    model = start_model(args.base, 0)
    model.load_state_dict(known["model"])
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": args.length}) + "\n")
    save_file(learned(model, start_model(args.base, 0)), args.out / "model.safetensors", metadata={"format": "pt"})
    print(f"step {known['step']}: {args.out}")


if __name__ == "__main__":
    main()
