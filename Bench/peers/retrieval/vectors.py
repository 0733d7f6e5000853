#!/usr/bin/env python3
"""Nearest neighbours beside hnswlib, faiss and usearch: the same vectors and questions, one thread each.

    pip install numpy hnswlib faiss-cpu usearch
    Bench/peers/retrieval/vectors.py WORK [--texts PATH…] [--vectors 100000] [--output RESULT.json]

WORK is a folder for the vectors; what is there already is used again, half-done work too. With --texts, the vectors are
those of pieces of 16 words, made by `swiftlet embed`: of folders (.txt files, corpus.jsonl and queries.jsonl) and the lines
of files; 1,000 of them are kept aside as questions. --real says how many at most; the rest are perturbed copies at a cosine
of about .9.
Without texts, the vectors are synthetic: 200 topics, 5,000 subtopics, noise along 40 common
directions and along all. The filters are random shares, and topical ones (the nearest to one vector, so that they lie in
one corner). Times are processor times: the programs search in turn, and the median of the turns counts.
"""
import argparse, concurrent.futures, json, os, pathlib, statistics, subprocess, sys, time

import numpy as np

programs = pathlib.Path(__file__).resolve().parents[3] / ".build" / "release"
WIDTH, QUESTIONS, NEIGHBOURS = 384, 1000, 10
WORDS, TURN = 16, 1000
POOLS = [16, 32, 64, 128, 256, 512]
SHARES = [0.1, 0.5, 2, 10, 25, 50, 90]


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def synthetic(count):
    generator = np.random.default_rng(7)
    topics, subtopics = generator.normal(size=(200, WIDTH)), generator.normal(size=(5000, WIDTH))
    common = generator.normal(size=(40, WIDTH))

    def some(number):
        subtopic = generator.integers(0, 5000, number)
        return unit(topics[subtopic % 200] * 0.7 + subtopics[subtopic] * 0.7
                    + generator.normal(size=(number, 40)) @ common * 0.10 + generator.normal(size=(number, WIDTH)) * 0.35)
    return some(count), some(QUESTIONS)


def pieces(path):
    """Of WORDS words, from a folder's texts and collections; of a file, the lines."""
    if path.is_file():
        yield from (line.strip() for line in path.read_text().splitlines())
        return
    for file in sorted(path.rglob("*")):
        if file.name in ("corpus.jsonl", "queries.jsonl"):
            texts = [json.loads(line)["text"] for line in file.read_text().splitlines() if line.strip()]
        elif file.suffix == ".txt":
            texts = [file.read_text()]
        else:
            continue
        for text in texts:
            words = text.split()
            # What is left at the end of a text counts if it is long enough to say something; questions are short.
            for start in range(0, max(len(words) - WORDS // 3, 1), WORDS):
                yield " ".join(words[start : start + WORDS])


def embed(texts):
    output = subprocess.run(
        [programs / "swiftlet", "embed", "--threads", "1"], input=b"".join(texts), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True)
    return np.array([json.loads(line) for line in output.stdout.splitlines()], np.float32)


def embedded(work, paths, count, real):
    """Vectors of texts, a thousand at a time: what a run that was stopped had done already is not done again."""
    lines, vectors = work / "texts.txt", work / "texts.f32"
    if not lines.exists():
        texts = sorted({text for path in paths for text in pieces(path) if len(text) > 20})
        np.random.default_rng(7).shuffle(texts)
        lines.write_text("".join(text + "\n" for text in texts[: min(real, count) + QUESTIONS]))
    texts = lines.read_bytes().splitlines(keepends=True)
    with vectors.open("ab") as file, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # A row that was being written is cut off.
        done = file.tell() // (4 * WIDTH)
        file.truncate(done * 4 * WIDTH)
        start = time.monotonic()
        for rows in pool.map(embed, (texts[first : first + TURN] for first in range(done, len(texts), TURN))):
            rows.tofile(file)
            file.flush()
            done += len(rows)
            print(f"{done} of {len(texts)} texts, {time.monotonic() - start:.0f} s", file=sys.stderr)
    rows = np.fromfile(vectors, np.float32).reshape(-1, WIDTH)
    queries, base = rows[:QUESTIONS], rows[QUESTIONS:]
    if len(base) < count:
        generator = np.random.default_rng(7)
        copies = base[generator.integers(0, len(base), count - len(base))]
        noise = unit(generator.normal(size=copies.shape))
        base = np.concatenate([base, unit(copies + 0.48 * noise)])
    return unit(base), unit(queries), min(len(rows) - QUESTIONS, count)


def neighbours(base, queries, allowed=None):
    """The exact best of each question, −1 where fewer are allowed."""
    best = np.full((len(queries), NEIGHBOURS), -1, np.int32)
    rows = np.arange(len(base)) if allowed is None else np.flatnonzero(allowed)
    for start in range(0, len(queries), 100):
        scores = queries[start : start + 100] @ base[rows].T
        count = min(NEIGHBOURS, len(rows))
        top = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        order = np.take_along_axis(scores, top, 1).argsort(1)[:, ::-1]
        best[start : start + 100, :count] = rows[np.take_along_axis(top, order, 1)]
    return best


def write(work, base, queries):
    base.tofile(work / "base.f32")
    queries.tofile(work / "query.f32")
    neighbours(base, queries).tofile(work / "truth.i32")
    generator = np.random.default_rng(11)
    for share in SHARES:
        count = max(int(len(base) * share / 100), 1)
        for kind in ("random", "topical"):
            order = generator.permutation(len(base)) if kind == "random" else (-(base @ base[generator.integers(len(base))])).argsort()
            allowed = np.zeros((len(base) + 63) // 64 * 64, bool)
            allowed[order[:count]] = True
            np.packbits(allowed, bitorder="little").tofile(work / f"filter-{kind}-{share}.u64")
            neighbours(base, queries, allowed[: len(base)]).tofile(work / f"truth-{kind}-{share}.i32")


def recall(found, truth):
    return float(np.mean([len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(found, truth)]))


def hnswlib_index(base):
    import hnswlib
    index = hnswlib.Index("ip", WIDTH)
    index.init_index(len(base), ef_construction=200, M=16, random_seed=1)
    index.set_num_threads(1)
    start = time.process_time()
    index.add_items(base, num_threads=1)
    seconds = time.process_time() - start
    search = lambda query: index.knn_query(query, k=NEIGHBOURS, num_threads=1)[0][0]
    return seconds, [(f"ef {pool}", lambda pool=pool: index.set_ef(pool), search) for pool in POOLS]


def faiss_index(base):
    import faiss
    faiss.omp_set_num_threads(1)
    graph = faiss.IndexHNSWFlat(WIDTH, 16, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 200
    start = time.process_time()
    graph.add(base)
    seconds = time.process_time() - start
    flat = faiss.IndexScalarQuantizer(WIDTH, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    flat.train(base)
    flat.add(base)
    search = lambda query: graph.search(query[None], NEIGHBOURS)[1][0]
    walks = [(f"ef {pool}", lambda pool=pool: setattr(graph.hnsw, "efSearch", pool), search) for pool in POOLS]
    return seconds, walks + [("flat SQ8", lambda: None, lambda query: flat.search(query[None], NEIGHBOURS)[1][0])]


def usearch_index(base, kind):
    from usearch.index import Index
    index = Index(ndim=WIDTH, metric="ip", dtype=kind, connectivity=16, expansion_add=200)
    start = time.process_time()
    index.add(np.arange(len(base)), base, threads=1)
    seconds = time.process_time() - start
    search = lambda query: index.search(query, NEIGHBOURS, threads=1).keys.astype(np.int64)
    return seconds, [(f"ef {pool}", lambda pool=pool: setattr(index, "expansion_search", pool), search)
                     for pool in POOLS]


def peer_index(peer, base):
    program, _, kind = peer.partition(" ")
    return {"hnswlib": hnswlib_index, "faiss": faiss_index, "usearch": lambda base: usearch_index(base, kind)}[program](base)


def peer_figures(index, queries, truth):
    """One turn over an index that is built already."""
    seconds, searches = index
    figures = {"build_seconds": seconds, "results": {}}
    for name, prepare, search in searches:
        prepare()
        some = slice(300 if name.startswith("flat") else None)
        search(queries[0])
        start = time.process_time()
        found = [search(query) for query in queries[some]]
        seconds = time.process_time() - start
        figures["results"][name] = {
            "queries_per_second": len(found) / seconds, "recall@10": recall(found, truth[some])}
    return figures


def median(turns):
    """The median of every number of several runs of one program; what is the same in all of them stays."""
    if isinstance(turns[0], dict):
        return {key: median([turn[key] for turn in turns]) for key in turns[0]}
    return statistics.median(turns)


def swiftlet_figures(work):
    output = subprocess.run(
        [programs / "swiftlet-bench", "retrieval", "--vectors", work, "--dimension", str(WIDTH), "--json"],
        stdout=subprocess.PIPE, check=True)
    return json.loads(output.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--texts", nargs="*", type=pathlib.Path)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--real", type=int, default=100_000, help="of texts, at most")
    parser.add_argument("--peers", default="hnswlib,faiss,usearch f32,usearch i8")
    parser.add_argument("--rounds", type=int, default=3, help="of searches in turn; the peers build once")
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    source = work / "source.json"
    if not source.exists():
        if arguments.texts:
            base, queries, real = embedded(work, arguments.texts, arguments.vectors, arguments.real)
        else:
            (base, queries), real = synthetic(arguments.vectors), 0
        write(work, base, queries)
        source.write_text(json.dumps({"vectors": len(base), "of_texts": real}))
    base = np.fromfile(work / "base.f32", np.float32).reshape(-1, WIDTH)
    queries = np.fromfile(work / "query.f32", np.float32).reshape(-1, WIDTH)
    truth = np.fromfile(work / "truth.i32", np.int32).reshape(-1, NEIGHBOURS)
    peers = {peer: peer_index(peer, base) for peer in filter(None, arguments.peers.split(","))}
    turns = {program: [] for program in ["swiftlet", *peers]}
    for _ in range(arguments.rounds):
        turns["swiftlet"].append(swiftlet_figures(work))
        for peer, index in peers.items():
            turns[peer].append(peer_figures(index, queries, truth))
    table = {"source": json.loads(source.read_text()), "rounds": arguments.rounds,
             **{program: median(figures) for program, figures in turns.items()}, "turns": turns}
    for program in turns:
        figures = table[program]
        print(f"{program}: built in {figures['build_seconds']:.1f} s", file=sys.stderr)
        for name, row in figures["results"].items():
            print(f"  {name:18} recall {row['recall@10']:.4f} {row['queries_per_second']:9.0f} queries/s", file=sys.stderr)
    if arguments.output:
        arguments.output.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
