#!/usr/bin/env python3
"""Compares Swiftlet's BM25 with bm25s and tantivy on judged collections, and its metrics with pytrec_eval's.

    pip install bm25s tantivy pytrec_eval-terrier PyStemmer numpy
    Bench/peers/retrieval/bm25.py ../shared/data/retrieval/{cranfield,cacm,xquad-en} [--output RESULT.json]

bm25s scores the very terms that Swiftlet's analyzer makes (`swiftlet-bench retrieval --terms`), by the same variant of
BM25: what differs is arithmetic alone. tantivy tokenises, stems and drops stop words by itself. Both rank whole
collections; all figures come from pytrec_eval on their top 100.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

import bm25s, numpy, pytrec_eval, tantivy

root = pathlib.Path(__file__).resolve().parents[3]
programs = root / ".build/release"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def judgments(folder):
    judged = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        judged.setdefault(query, {})[document] = int(grade)
    return {query: grades for query, grades in judged.items() if max(grades.values()) > 0}


def measure(judged, rankings):
    """Means over the judged questions. A rank becomes a score, so that pytrec_eval keeps the order among equals."""
    run = {query: {document: 1000.0 - rank for rank, document in enumerate(ranking)} for query, ranking in rankings.items()}
    evaluator = pytrec_eval.RelevanceEvaluator(judged, {"ndcg_cut.10", "recall.10,100"})
    results = evaluator.evaluate(run)
    first = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(
        {query: dict(list(scores.items())[:10]) for query, scores in run.items()})
    mean = lambda values: sum(values) / len(judged)
    return {
        "ndcg@10": mean(results[query]["ndcg_cut_10"] for query in results),
        "mrr@10": mean(first[query]["recip_rank"] for query in first),
        "recall@10": mean(results[query]["recall_10"] for query in results),
        "recall@100": mean(results[query]["recall_100"] for query in results),
    }


def swiftlet_terms(texts):
    source = "".join(json.dumps(text) + "\n" for text in texts)
    output = subprocess.run(
        [programs / "swiftlet-bench", "retrieval", "--terms"], input=source.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in output.stdout.decode().split("\n") if line]


def rank_bm25s(documents, queries):
    texts = [" ".join(filter(None, [document.get("title"), document["text"]])) for document in documents]
    corpus = swiftlet_terms(texts)
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    retriever.index(corpus, show_progress=False)
    rankings = {}
    for query, terms in zip(queries, swiftlet_terms([query["text"] for query in queries])):
        known = [term for term in terms if term in retriever.vocab_dict]
        if not known:
            continue
        scores = retriever.get_scores(known)
        order = numpy.argsort(-scores, kind="stable")[:100]
        rankings[query["_id"]] = [documents[index]["_id"] for index in order if scores[index] > 0]
    return rankings


def tantivy_index(documents):
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="project")
    builder.add_integer_field("number", stored=True, fast=True)
    index = tantivy.Index(builder.build())
    index.register_tokenizer("project", tantivy_analyzer())
    writer = index.writer(heap_size=512_000_000, num_threads=1)
    for number, document in enumerate(documents):
        text = " ".join(filter(None, [document.get("title"), document["text"]]))
        writer.add_document(tantivy.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


STOP_WORDS = ("a an and are as at be but by for if in into is it no not of on or such that the their then there these "
              "they this to was will with").split()


def tantivy_analyzer():
    return (tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.custom_stopword(STOP_WORDS))
            .filter(tantivy.Filter.stemmer("english")).build())


def tantivy_query(index, analyzer, text):
    terms = analyzer.analyze(text)
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "text", term)) for term in terms]) if terms else None


def rank_tantivy(documents, queries):
    index, analyzer = tantivy_index(documents), tantivy_analyzer()
    searcher = index.searcher()
    rankings = {}
    for query in queries:
        parsed = tantivy_query(index, analyzer, query["text"])
        if parsed is None:
            continue
        hits = searcher.search(parsed, limit=100).hits
        rankings[query["_id"]] = [documents[searcher.doc(address)["number"][0]]["_id"] for _, address in hits]
    return rankings


def rank_swiftlet(folder):
    with tempfile.TemporaryDirectory() as temporary:
        run = pathlib.Path(temporary) / "run"
        output = subprocess.run(
            [programs / "swiftlet", "evaluate", "retrieval", "--collection", folder, "--mode", "bm25", "--json", "--run", run],
            stdout=subprocess.PIPE, check=True)
        rankings = {}
        for line in run.read_text().splitlines():
            query, _, document, *_ = line.split(" ")
            rankings.setdefault(query, []).append(document)
        return json.loads(output.stdout), rankings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("collections", nargs="+", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    table, faults = {}, []
    for folder in arguments.collections:
        judged = judgments(folder)
        documents = lines(folder / "corpus.jsonl")
        queries = [query for query in lines(folder / "queries.jsonl") if query["_id"] in judged]
        own, rankings = rank_swiftlet(folder)
        row = {
            "swiftlet": measure(judged, rankings),
            "bm25s, the same terms": measure(judged, rank_bm25s(documents, queries)),
            "tantivy": measure(judged, rank_tantivy(documents, queries)),
        }
        table[folder.name] = row
        for metric, value in row["swiftlet"].items():
            if abs(own[metric] - value) > 1e-9:
                faults.append(f"{folder.name}: {metric} is {own[metric]}, pytrec_eval says {value}")
        difference = abs(row["swiftlet"]["ndcg@10"] - row["bm25s, the same terms"]["ndcg@10"])
        if difference > 0.003:
            faults.append(f"{folder.name}: nDCG@10 differs from bm25s by {difference:.4f}")
        for name, metrics in row.items():
            print(f"{folder.name:12} {name:24}" + "".join(f"  {metric} {value:.4f}" for metric, value in metrics.items()))
    versions = {"bm25s": bm25s.__version__, "tantivy": tantivy.__version__}
    if arguments.output:
        arguments.output.write_text(json.dumps({"versions": versions, "collections": table}, indent=2) + "\n")
    print("\n".join(faults) if faults else "metrics equal pytrec_eval's; bm25s within .003")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
