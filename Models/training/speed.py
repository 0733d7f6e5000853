"""Tokens a second of processor time, in f32 and in bf16, taking turns: what a step costs without the machine's other work.

    python speed.py --window 512 --windows 8
"""

import argparse
import time

import torch

from model import FULL, Llama
from optimizer import optimizers
from train import loss_of, products


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--window", type=int, default=512)
    a.add_argument("--windows", type=int, default=8)
    a.add_argument("--rounds", type=int, default=3)
    args = a.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = Llama(FULL)
    both = optimizers(model, 0.0, 0.0)
    ids = torch.randint(FULL.vocabulary, (args.windows, args.window + 1))
    best = {}
    for _ in range(args.rounds):
        for args.bf16 in (False, True):
            started = time.process_time()
            with products(args):
                loss = loss_of(model, ids[:, :-1], ids[:, 1:])
            loss.backward()
            read = time.process_time()
            for optimizer in both:
                optimizer.step()
                optimizer.zero_grad()
            taken = read - started, time.process_time() - read
            best[args.bf16] = min(best.get(args.bf16, taken), taken)
    for bf16, (read, updated) in best.items():
        rate = args.window * args.windows / (read + updated)
        print(f"{'bf16' if bf16 else 'f32 '}  {rate:.0f} tokens/s; forward and backward {read:.2f} s, optimizer {updated:.2f} s")


if __name__ == "__main__":
    main()
