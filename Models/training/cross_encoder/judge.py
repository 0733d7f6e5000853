"""Which search finds the note that answers a question, on questions nobody learned from.

    python data.py collect --held-out --out WORK/held-out
    for way in none maxsim cross; do
      swiftlet evaluate retrieval --collection WORK/held-out --mode hybrid --rerank $way --cross-encoder WORK/cross \\
        --run WORK/held-out/$way.txt; done
    python judge.py WORK/held-out none maxsim cross

A note counts where its first chunk stands. Each way is compared with the first one: the mean of the differences and their
95 % interval, from 10,000 draws of as many questions.
"""

import argparse
import json
import random
from collections import defaultdict
from math import log2
from pathlib import Path

import data


def rankings(path):
    """Notes per question, best first, each once."""
    found = defaultdict(list)
    for line in path.read_text().splitlines():
        question, _, chunk, *_ = line.split()
        note = chunk.partition("#")[0]
        if note not in found[question]:
            found[question].append(note)
    return found


def ndcg(ranking, right):
    gain = sum(1 / log2(n + 2) for n, note in enumerate(ranking[:10]) if note in right)
    return gain / sum(1 / log2(n + 2) for n in range(min(len(right), 10)))


def interval(differences, draws=10_000, seed=8):
    draw = random.Random(seed)
    means = sorted(sum(draw.choices(differences, k=len(differences))) / len(differences) for _ in range(draws))
    return means[draws * 25 // 1000], means[draws * 975 // 1000]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder", type=Path)
    a.add_argument("ways", nargs="+")
    a.add_argument("--json", action="store_true")
    args = a.parse_args()
    questions = {id_: notes for id_, _, notes in data.evaluation_questions("held-out")}
    table, base = {}, None
    for way in args.ways:
        found = rankings(args.folder / f"{way}.txt")
        each = [ndcg(found[q], right) for q, right in questions.items()]
        first = sum(found[q][:1] != [] and found[q][0] in right for q, right in questions.items()) / len(questions)
        row = {"ndcg@10": sum(each) / len(each), "first is right": first}
        if base is None:
            base = each
        else:
            differences = [x - y for x, y in zip(each, base)]
            row |= {"difference": sum(differences) / len(differences), "interval": interval(differences)}
        table[way] = row
    for way, row in table.items():
        print(json.dumps({way: row}) if args.json else f"{way:12} {row}")


if __name__ == "__main__":
    main()
