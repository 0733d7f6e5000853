"""Questions with a passage that answers them and passages that only look as if they did.

    python data.py collect --out WORK/mining           # the notes' chunks and their questions, in BEIR's layout
    swiftlet evaluate retrieval --collection WORK/mining --mode hybrid --run WORK/mining/run.txt
    python data.py lists WORK/mining --out WORK/lists.jsonl

The hybrid search itself finds the hard negatives: what it ranks high for a question although another note answers it.
Questions come from the notes (`question`, `also_asked`, the follow-ups, which carry their answer) and from the tune split of
the evaluation set. The held-out split is never read past its label. Documentation and books give pairs of another kind,
a heading or a sentence and the paragraph it was taken from, so that the model learns to compare texts and not one corpus.
"""

import argparse
import hashlib
import json
import random
import re
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
NOTES = ROOT / "Sources/Explainer/Corpus"
QUESTIONS = ROOT / "Tests/Fixtures/questions.jsonl"
TEXT = ROOT.parent / "shared/training-text"
CHUNK_WORDS = 140  # about 200 word pieces, as the server's chunker packs them
NEGATIVES = 16  # kept per question; training draws a few of them each time

FOLLOW_UP = re.compile(r"^- \*(.+?\?)\*\s+(.+)$", re.M)


def front_matter(text):
    """(question, also_asked, body) of a note."""
    _, head, body = text.split("---\n", 2)
    question = re.search(r"^question: (.+)$", head, re.M)[1].strip().strip("\"'")
    block = re.search(r"^also_asked:\n((?:  - .+\n)+)", head, re.M)
    also = [line[4:].strip().strip("\"'") for line in block[1].splitlines()] if block else []
    return question, also, body


def notes(folder=NOTES):
    for path in sorted(folder.rglob("*.md")):
        if path.name != "README.md":
            yield str(path.relative_to(folder))[:-3], *front_matter(path.read_text())


def chunks(body):
    """(heading, text) pieces of a note: whole paragraphs, anew at every heading."""
    heading, open_, count = "", [], 0
    for block in re.split(r"\n\s*\n|\n(?=#|- )", body):
        block = block.strip()
        first, _, rest = block.partition("\n")
        if first.startswith("#"):
            if open_:
                yield heading, "\n".join(open_)
            heading, open_, count, block = first.lstrip("# "), [], 0, rest.strip()
        if not block:
            continue
        words = len(block.split())
        if open_ and count + words > CHUNK_WORDS:
            yield heading, "\n".join(open_)
            open_, count = [], 0
        open_.append(block)
        count += words
    if open_:
        yield heading, "\n".join(open_)


def evaluation_questions(split):
    """The evaluation set's answerable questions of one split; what was said before is part of a follow-up."""
    for line in QUESTIONS.read_text().splitlines():
        q = json.loads(line)
        if q["set"] == "answerable" and q["split"] == split:
            yield q["id"], " ".join(q.get("turns", []) + [q["query"]]), q["notes"]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))


def collect(out, questions):
    """A judged collection: every chunk of the right note counts. `questions` are (id, text, notes)."""
    out.mkdir(parents=True, exist_ok=True)
    corpus, of_note = [], defaultdict(list)
    for note, question, _, body in notes():
        for n, (heading, text) in enumerate(chunks(body)):
            corpus.append({"_id": f"{note}#{n}", "title": f"{question} › {heading}", "text": text})
            of_note[note].append(f"{note}#{n}")
    write_lines(out / "corpus.jsonl", corpus)
    questions = list(questions)
    write_lines(out / "queries.jsonl", [{"_id": i, "text": q} for i, q, _ in questions])
    rows = [f"{i}\t{c}\t1\n" for i, _, right in questions for n in right for c in of_note[n]]
    (out / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows))


def training_questions():
    for note, question, also, body in notes():
        for n, q in enumerate([question] + also):
            yield f"{note}?{n}", q, [note]
        for n, (q, _) in enumerate(FOLLOW_UP.findall(body)):
            # Alone, "Why is that?" asks nothing: the note's question stands before it.
            yield f"{note}+{n}", q if len(q.split()) > 5 else f"{question} {q}", [note]
    yield from evaluation_questions("tune")


def is_validation(id_):
    """A quarter of the tune split is not learned from either: the reranker's weight beside the fusion is chosen on it."""
    return id_.startswith("q") and "/" not in id_ and hashlib.sha256(id_.encode()).digest()[0] % 4 == 0


def mined_lists(mining):
    """One list per question: {query, positives, negatives}, passages as {titles, heading, text}."""
    phrasings = {note: [question] + also for note, question, also, _ in notes()}
    passages = {}
    for line in (mining / "corpus.jsonl").read_text().splitlines():
        c = json.loads(line)
        note = c["_id"].partition("#")[0]
        heading = c["title"].rpartition(" › ")[2]
        passages[c["_id"]] = {"titles": phrasings[note], "heading": heading, "text": c["text"]}
    ranking = defaultdict(list)
    for line in (mining / "run.txt").read_text().splitlines():
        question, _, chunk, *_ = line.split()
        ranking[question].append(chunk)
    for id_, query, right in training_questions():
        found = ranking[id_]
        positives = [c for c in found[:40] if c.partition("#")[0] in right]
        negatives = [c for c in found if c.partition("#")[0] not in right]
        if "+" in id_:  # a follow-up is answered where it stands
            answer = next((c for c in positives if query.split(" ")[-1] in passages[c]["text"]
                           and passages[c]["heading"] == "Follow-ups"), None)
            positives = [answer] if answer else []
        if not positives or not negatives:
            continue
        yield {
            "kind": "follow-up" if "+" in id_ else "question", "query": query, "validation": is_validation(id_),
            "positives": [passages[c] for c in positives[:3]],
            "negatives": [passages[c] for c in negatives[:NEGATIVES]],
        }


def text_lists(folder, limit, seed):
    """A heading, or a sentence taken out, and its paragraph; negatives are the document's other paragraphs."""
    draw = random.Random(seed)
    lists = []
    for path in sorted(folder.glob("*.txt")):
        for document in path.read_text().split("<|document|>"):
            heading, paragraphs = "", []
            for block in re.split(r"\n\s*\n", document):
                block = block.strip()
                if block.startswith("#"):
                    heading = block.splitlines()[0].lstrip("# ")
                elif 30 <= len(block.split()) <= 200:
                    paragraphs.append((heading, block))
            if len(paragraphs) < 8:
                continue
            for n in draw.sample(range(len(paragraphs)), min(12, len(paragraphs) // 4)):
                heading, text = paragraphs[n]
                sentences = re.split(r"(?<=[.!?])\s+", text)
                if len(heading.split()) >= 3 and draw.random() < 0.5:
                    query = heading
                elif len(sentences) >= 3:
                    query = sentences.pop(draw.randrange(len(sentences)))
                else:
                    continue
                # Neighbours first: they speak of the same thing.
                others = sorted((abs(m - n), m) for m in range(len(paragraphs)) if paragraphs[m][0] != heading or m != n)
                negatives = [paragraphs[m][1] for d, m in others if d and not (query == heading == paragraphs[m][0])]
                if 3 <= len(query.split()) <= 40 and len(negatives) >= 4:
                    plain = [{"titles": [], "heading": "", "text": t} for t in [" ".join(sentences)] + negatives[:NEGATIVES]]
                    lists.append({"kind": "text", "query": query, "positives": plain[:1], "negatives": plain[1:]})
    draw.shuffle(lists)
    return lists[:limit]


def passage_text(passage, query, draw):
    """What the model reads of a passage, the title in one of the note's phrasings but never in the query's own words."""
    titles = [t for t in passage["titles"] if t != query]
    # The server's titles are the first phrasings: half of the time, so are these.
    title = "" if not titles else titles[0] if draw.random() < 0.5 else draw.choice(titles)
    title = " › ".join(t for t in (title, passage["heading"]) if t)
    text = passage["text"].replace(f"*{query}*", "") if draw.random() < 0.8 else passage["text"]
    return f"{title}\n{text}" if title else text


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("step", choices=["collect", "lists"])
    a.add_argument("mining", nargs="?", type=Path)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--held-out", action="store_true", help="collect: the questions to judge by, not those to learn from")
    a.add_argument("--text", type=Path, default=TEXT)
    a.add_argument("--text-lists", type=int, default=6000)
    args = a.parse_args()
    if args.step == "collect":
        collect(args.out, evaluation_questions("held-out") if args.held_out else training_questions())
    else:
        lists = list(mined_lists(args.mining))
        if args.text.is_dir():
            lists += text_lists(args.text, args.text_lists, seed=8)
        write_lines(args.out, lists)
        print({kind: sum(x["kind"] == kind for x in lists) for kind in ("question", "follow-up", "text")})


if __name__ == "__main__":
    main()
