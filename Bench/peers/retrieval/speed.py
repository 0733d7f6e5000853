#!/usr/bin/env python3
"""BM25 queries per second beside tantivy and bm25s: the same 100,000 chunks, the same questions, one thread each.

    pip install bm25s tantivy PyStemmer numpy
    Bench/peers/retrieval/speed.py ../shared/data/retrieval/{cranfield,cacm,xquad-en} [--chunks 100000] [--output R.json]

The chunks are made of the collections' sentences, eight at random each, so that terms are as frequent as in language;
the questions are the collections' own. Times are processor times, the median of three passes, peers in turn within
one run. tantivy is given the terms of each question ready-made and its results stay in Rust; bm25s scores Swiftlet's
terms with numpy.
"""
import argparse, json, pathlib, random, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bm25 as peers


def corpus(folders, count):
    generator = random.Random(1)
    sentences = []
    for folder in folders:
        for document in peers.lines(folder / "corpus.jsonl"):
            text = " ".join(filter(None, [document.get("title"), document["text"]]))
            sentences += [part.strip() for part in text.replace("\n", " ").split(". ") if len(part) > 20]
    return [{"_id": f"chunk-{number}", "title": "", "text": ". ".join(generator.choices(sentences, k=8)) + "."}
            for number in range(count)]


def timed(work, repeats=3):
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def tantivy_speed(documents, texts, top):
    start = time.process_time()
    index = peers.tantivy_index(documents)
    build = time.process_time() - start
    analyzer, searcher = peers.tantivy_analyzer(), index.searcher()
    parsed = [query for query in (peers.tantivy_query(index, analyzer, text) for text in texts) if query]
    seconds = timed(lambda: [searcher.search(query, limit=top, count=False) for query in parsed])
    return {"queries_per_second": len(texts) / seconds, "build_seconds": build, "segments": searcher.num_segments}


def bm25s_speed(documents, texts, top):
    import bm25s, numpy
    start = time.process_time()
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    retriever.index(peers.swiftlet_terms([document["text"] for document in documents]), show_progress=False)
    build = time.process_time() - start
    terms = [[term for term in terms if term in retriever.vocab_dict] for terms in peers.swiftlet_terms(texts)][:200]

    def ask():
        for query in terms:
            if query:
                scores = retriever.get_scores(query)
                numpy.argpartition(-scores, top)[:top]
    return {"queries_per_second": len(terms) / timed(ask, 1), "build_seconds": build}


def swiftlet_speed(folder, top, *options):
    output = subprocess.run(
        [peers.programs / "swiftlet-bench", "retrieval", "--corpus", folder / "corpus.jsonl", "--queries",
         folder / "queries.jsonl", "--top", str(top), "--json", *options], stdout=subprocess.PIPE, check=True)
    return json.loads(output.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("collections", nargs="+", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    documents = corpus(arguments.collections, arguments.chunks)
    queries = [query for folder in arguments.collections for query in peers.lines(folder / "queries.jsonl")]
    texts = [query["text"] for query in queries]
    table = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "corpus.jsonl").write_text("".join(json.dumps(document) + "\n" for document in documents))
        (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
        for top in (10, 100):
            table[f"top {top}"] = {
                "swiftlet": swiftlet_speed(folder, top),
                "tantivy": tantivy_speed(documents, texts, top),
                "swiftlet, again": swiftlet_speed(folder, top),
            }
        table["top 10"]["bm25s"] = bm25s_speed(documents, texts, 10)
    for name, row in table.items():
        for program, figures in row.items():
            print(f"{name:8} {program:16} {figures['queries_per_second']:10.0f} queries/s, built in {figures['build_seconds']:.1f} s")
    if arguments.output:
        arguments.output.write_text(json.dumps({"chunks": arguments.chunks, "questions": len(texts), "results": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
