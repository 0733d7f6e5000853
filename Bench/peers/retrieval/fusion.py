#!/usr/bin/env python3
"""Ways to fuse BM25 and cosines, written down a second time with numpy and bm25s, on Swiftlet's own terms and vectors.

    pip install bm25s numpy PyStemmer
    Bench/peers/retrieval/fusion.py WORK ../shared/data/retrieval/{cranfield,cacm,xquad-en} [--terms lucene] [--output R.json]

WORK keeps the vectors (`swiftlet embed`). Every way fuses the best 100 of each list with both scores for every candidate,
one half each; what differs is the range that a score is stretched over:

    candidates    from the worst candidate to the best
    own list      the range of the list's own 100; candidates from the other list may fall below 0
    collection    from the worst chunk of all to the best: what Swiftlet does
    low X         BM25 from 0, cosines from X

Intervals are of the paired difference to `candidates`, 95 %, from 10,000 draws. --terms lucene takes bm25s' own tokens
(Lucene's stop words, Snowball stems, no single letters) instead of Swiftlet's analyzer.
"""
import argparse, json, pathlib, subprocess, sys

import bm25s, numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from bm25 import STOP_WORDS, judgments, lines, programs, swiftlet_terms

DEPTH = 100


def text(document):
    return " ".join(filter(None, [document.get("title"), document["text"]]))


def vectors(work, name, texts):
    path = work / f"{name}.npy"
    if not path.exists():
        source = "".join(" ".join(text.splitlines()) + "\n" for text in texts)
        output = subprocess.run(
            [programs / "swiftlet", "embed"], input=source.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=True)
        np.save(path, np.array([json.loads(line) for line in output.stdout.splitlines()], np.float32))
    return np.load(path)


def tokens(texts, kind):
    if kind == "swiftlet":
        return swiftlet_terms(texts)
    import Stemmer
    return bm25s.tokenize(texts, stopwords=STOP_WORDS, stemmer=Stemmer.Stemmer("english"), return_ids=False, show_progress=False)


def both_scores(work, folder, kind):
    documents, queries = lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl")
    texts, asked = [text(document) for document in documents], [query["text"] for query in queries]
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    retriever.index(tokens(texts, kind), show_progress=False)
    lexical = np.zeros((len(queries), len(documents)), np.float32)
    for row, terms in zip(lexical, tokens(asked, kind)):
        if known := [term for term in terms if term in retriever.vocab_dict]:
            row[:] = retriever.get_scores(known)
    dense = vectors(work, f"{folder.name}-queries", asked) @ vectors(work, f"{folder.name}-corpus", texts).T
    return documents, queries, lexical, dense


def best(scores, count):
    return np.argsort(-scores, kind="stable")[:count]


def stretched(scores, least, largest):
    return (scores - least) / (largest - least) if largest > least else scores * 0


def fused(lexical, dense, way, alpha=0.5):
    words, near = best(lexical, DEPTH), best(dense, DEPTH)
    words = words[lexical[words] > 0]
    if way == "bm25":
        return words
    if way == "dense":
        return near
    all_ = np.union1d(words, near)
    if way == "reciprocal ranks":
        points = np.zeros(len(lexical))
        for found in (words, near):
            points[found] += 1 / (60 + 1 + np.arange(len(found)))
        return all_[best(points[all_], len(all_))]
    parts = []
    for scores, own, worst in ((lexical, words, 0), (dense, near, None)):
        if way == "candidates":
            least = scores[all_].min()
        elif way == "own list":
            least = scores[own].min() if len(own) else 0
        elif way == "collection":
            least = scores.min() if worst is None else worst
        else:
            least = float(way.split()[1]) if worst is None else worst
        parts.append(stretched(scores[all_], least, scores[all_].max()))
    return all_[best(alpha * parts[0] + (1 - alpha) * parts[1], len(all_))]


def ndcg(ranking, grades):
    gain = lambda values: sum(value / np.log2(rank + 2) for rank, value in enumerate(values[:10]))
    return gain([max(grades.get(id_, 0), 0) for id_ in ranking[:10]]) / gain(sorted(grades.values(), reverse=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--terms", choices=["swiftlet", "lucene"], default="swiftlet")
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    ways = ["bm25", "dense", "reciprocal ranks", "candidates", "own list", "collection"]
    ways += [f"low {x}" for x in (-1, -0.5, -0.1, 0, 0.1, 0.2)]
    table = {}
    for folder in arguments.folders:
        documents, queries, lexical, dense = both_scores(arguments.work, folder, arguments.terms)
        judged = judgments(folder)
        asked = [(row, judged[query["_id"]]) for row, query in enumerate(queries) if query["_id"] in judged]
        each = {way: np.array([
            ndcg([documents[place]["_id"] for place in fused(lexical[row], dense[row], way)], grades)
            for row, grades in asked]) for way in ways}
        draws = np.random.default_rng(8).integers(0, len(asked), (10_000, len(asked)))
        table[folder.name] = {}
        for way in ways:
            means = (each[way] - each["candidates"])[draws].mean(1)
            row = {"ndcg@10": each[way].mean(), "to candidates": [*np.quantile(means, [0.025, 0.975])]}
            table[folder.name][way] = json.loads(json.dumps(row), parse_float=lambda x: round(float(x), 4))
            print(f"{folder.name:12} {way:18} {table[folder.name][way]}", file=sys.stderr)
    if arguments.output:
        arguments.output.write_text(json.dumps({"terms": arguments.terms, "collections": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
