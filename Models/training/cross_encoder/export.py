"""The newest checkpoint as a folder that `--cross-encoder` takes: config.json, model.safetensors in f16, the tokenizer.

    python export.py --checkpoints WORK/checkpoints --out WORK/cross
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from train import BASE, newest, start_model

FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--base", type=Path, default=BASE)
    a.add_argument("--checkpoints", type=Path, required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--length", type=int, default=256, help="word pieces of a pair; longer ones are cut when served")
    args = a.parse_args()
    model = start_model(args.base, 0)
    known = newest(args.checkpoints)
    if known is None:
        a.error(f"{args.checkpoints} holds no checkpoint")
    model.load_state_dict(known["model"])
    args.out.mkdir(parents=True, exist_ok=True)
    config = model.config.to_dict() | {"architectures": ["BertForSequenceClassification"], "dtype": "float16"}
    (args.out / "config.json").write_text(json.dumps(config, indent=2, default=str) + "\n")
    (args.out / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": args.length}) + "\n")
    for name in FILES:
        if (args.base / name).exists():
            shutil.copy(args.base / name, args.out / name)
    tensors = {name: t.to(torch.float16).contiguous() for name, t in model.state_dict().items() if t.is_floating_point()}
    save_file(tensors, args.out / "model.safetensors", metadata={"format": "pt"})
    print(f"step {known['step']}: {args.out}")


if __name__ == "__main__":
    main()
