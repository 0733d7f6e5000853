"""How much the newest checkpoint should say beside the fusion, on the questions of the tune split that it did not learn from.

    python validate.py WORK/mining --checkpoints WORK/checkpoints
    python validate.py WORK/held-out --held-out --weights 0.5 --checkpoints WORK/checkpoints      # what it comes to

Takes the hybrid's best chunks of each question as mined, has the model score them, and mixes both orders as the server
does: scores stretched to 0…1, the model's share from 0 (the hybrid's order) to 1. Prints nDCG@10 over notes, and how the
difference to the hybrid is spread: mean and 95 % interval.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

import data
import judge
import train

WEIGHTS = [0.1, 0.2, 0.3, 0.5, 1]


def stretched(scores):
    least, largest = min(scores), max(scores)
    return [(s - least) / (largest - least) if largest > least else 0 for s in scores]


def notes(chunks):
    return list(dict.fromkeys(c.partition("#")[0] for c in chunks))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("mining", type=Path)
    a.add_argument("--base", type=Path, default=train.BASE)
    a.add_argument("--checkpoints", type=Path, required=True)
    a.add_argument("--depth", type=int, default=10, help="chunks that the model sees")
    a.add_argument("--length", type=int, default=128)
    train.add_bf16_option(a)
    a.add_argument("--held-out", action="store_true", help="the questions to judge by")
    a.add_argument("--weights", type=float, nargs="+", default=WEIGHTS)
    args = a.parse_args()
    torch.set_num_threads(1)
    passages = {c["_id"]: f'{c["title"]}\n{c["text"]}'
                for c in map(json.loads, (args.mining / "corpus.jsonl").read_text().splitlines())}
    ranking = defaultdict(list)
    for line in (args.mining / "run.txt").read_text().splitlines():
        question, _, chunk, _, score, _ = line.split()
        ranking[question].append((chunk, float(score)))
    tokenizer = train.Tokenizer.from_file(str(args.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(args.length)
    model = train.start_model(args.base, 0)
    known = train.newest(args.checkpoints)
    model.load_state_dict(known["model"])
    model.eval()
    each = defaultdict(list)
    for id_, query, right in data.evaluation_questions("held-out" if args.held_out else "tune"):
        if not args.held_out and not data.is_validation(id_):
            continue
        chunks = [chunk for chunk, _ in ranking[id_]]
        head = chunks[:args.depth]
        with torch.no_grad(), train.bf16_products(args.bf16):
            found = train.scores(model, tokenizer.encode_batch([(query, passages[c]) for c in head])).tolist()
        old, new = stretched([s for _, s in ranking[id_][:args.depth]]), stretched(found)
        for weight in [0, *args.weights]:
            mixed = {c: (1 - weight) * o + weight * n for c, o, n in zip(head, old, new)}
            order = sorted(head, key=lambda c: -mixed[c]) + chunks[args.depth:]
            each[weight].append(judge.ndcg(notes(order), right))
    print(f"step {known['step']}, {len(each[0])} questions")
    for weight in [0, *args.weights]:
        differences = [x - y for x, y in zip(each[weight], each[0])]
        low, high = judge.interval(differences)
        mean = sum(each[weight]) / len(differences)
        print(f"weight {weight}: nDCG@10 {mean:.4f}, to the hybrid {sum(differences) / len(differences):+.4f} ({low:+.4f} … {high:+.4f})")


if __name__ == "__main__":
    main()
