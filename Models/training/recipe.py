"""The whole recipe in one command: text and notes → the folders swiftlet-5m and swiftlet-5m-draft.

    nice -n 19 python recipe.py --work WORK --out OUT          # some three hours of two free cores

Stop it at any time and start the same command again: what is finished is passed over, what is not goes on from its newest
checkpoint. `--data` is another folder of .txt files, `--tiny` a trial of all of it in a minute.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import torch

from average import average
from teach import POSITIONS
from train import HERE, SHARED_TEXT

STEPS = {"train": 1061, "teach": 1920, "draft": 330}
TAUGHT_SHARE = 0.7
TINY_STEPS = {"train": 40, "teach": 8, "draft": 20}


def is_finished(checkpoints):
    newest = sorted(checkpoints.glob("step-*.pt"))[-1:]
    return bool(newest) and torch.load(newest[0], weights_only=True)["finished"]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--work", type=Path, required=True, help="checkpoints and logs: about 300 MB")
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--data", type=Path, default=SHARED_TEXT, help="folder of .txt files")
    a.add_argument("--bf16", action="store_true", help="products in bf16: faster where the processor has units for it")
    a.add_argument("--tiny", action="store_true")
    args = a.parse_args()
    tiny = ["--tiny"] if args.tiny else []

    def run(script, *arguments):
        print("recipe:", script, *arguments, flush=True)
        subprocess.run([sys.executable, HERE / script, *tiny, *map(str, arguments)], check=True)

    def train(script, part, *arguments):
        checkpoints = args.work / part
        if not is_finished(checkpoints):
            steps = (TINY_STEPS if args.tiny else STEPS)[part]
            products = ["--bf16"] if args.bf16 else []
            run(script, "--data", args.data, "--checkpoints", checkpoints, "--steps", steps, *products, *arguments)
        return checkpoints

    plain, model, draft = args.work / "plain", args.out / "swiftlet-5m", args.out / "swiftlet-5m-draft"
    run("export.py", "--checkpoints", train("train.py", "train"), "--out", plain)
    rates = ["--muon-lr", 0.008, "--adam-lr", 0.003]
    sizes = [] if args.tiny else ["--pair-tokens", 3072, "--prose-tokens", 3072]
    taught = args.work / "taught"
    checkpoints = train("teach.py", "teach", "--start", plain, *rates, *sizes)
    run("export.py", "--positions", POSITIONS, "--checkpoints", checkpoints, "--out", taught)
    average([(1 - TAUGHT_SHARE, plain), (TAUGHT_SHARE, taught)], model)
    guesser = train("train.py", "draft", "--teacher", model)
    run("export.py", "--draft", "--positions", POSITIONS, "--checkpoints", guesser, "--out", draft)


if __name__ == "__main__":
    main()
