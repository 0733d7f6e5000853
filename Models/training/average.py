"""The weighted mean of exported models that began with the same weights, as a folder of its own.

    python average.py --out OUT 0.3:PLAIN 0.35:TAUGHT 0.35:TAUGHT_LATER

What a model learns on top of another pulls its weights to one side; part of the way there, it has most of what is new and
less of the old is lost: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903. Files other
than the weights are those of the last model.
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def weighted(text):
    share, _, folder = text.partition(":")
    return float(share), Path(folder)


def average(parts, out):
    """`parts`: [(share, folder)]; the shares are brought to a sum of 1."""
    total = sum(share for share, _ in parts)
    models = [(share / total, load_file(folder / "model.safetensors")) for share, folder in parts]
    names = models[0][1].keys()
    if any(weights.keys() != names for _, weights in models):
        raise SystemExit("average.py: these models do not have the same parameters")
    mean = {name: sum(share * weights[name].float() for share, weights in models) for name in names}
    shutil.copytree(parts[-1][1], out, dirs_exist_ok=True)
    save_file({n: w.to(torch.bfloat16).contiguous() for n, w in mean.items()}, out / "model.safetensors", metadata={"format": "pt"})


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("parts", nargs="+", type=weighted, metavar="SHARE:FOLDER")
    args = a.parse_args()
    average(args.parts, args.out)
    print(f"{' + '.join(f'{share:g} {folder}' for share, folder in args.parts)} -> {args.out}")


if __name__ == "__main__":
    main()
