"""Runs the whole recipe on a tiny model: lists, train, stop, resume, export, and the exported folder scores as torch does.

    python test_recipe.py        # about half a minute; needs Models/all-MiniLM-L6-v2/tokenizer.json
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification

import data
import export
import judge
import train


def run(script, *arguments):
    subprocess.run([sys.executable, train.__file__.replace("train.py", script), *map(str, arguments)], check=True)


def test_data():
    held = {text for _, text, _ in data.evaluation_questions("held-out")}
    learned = [q for _, q, _ in data.training_questions()]
    assert held and learned and not held & set(learned), "a held-out question would be learned from"
    note = ("---\nid: a/b\nquestion: Why so?\nalso_asked:\n  - how come\ntopic: x\n---\n"
            "## One\nFirst.\n\n## Two\n- *And then?* That.\n")
    question, also, body = data.front_matter(note)
    assert (question, also) == ("Why so?", ["how come"])
    assert list(data.chunks(body)) == [("One", "First."), ("Two", "- *And then?* That.")]
    assert data.FOLLOW_UP.findall(body) == [("And then?", "That.")]
    passage = {"titles": ["Why so?", "how come"], "heading": "One", "text": "First."}
    for seed in range(20):
        assert not data.passage_text(passage, "Why so?", random.Random(seed)).startswith("Why so?")


def test_judge():
    assert judge.ndcg(["a", "b"], ["a"]) == 1 and judge.ndcg(["b", "a"], ["a"]) < 1 and judge.ndcg([], ["a"]) == 0
    low, high = judge.interval([0.1] * 50)
    assert abs(low - 0.1) < 1e-9 and abs(high - 0.1) < 1e-9


def tiny(folder):
    folder.mkdir()
    torch.manual_seed(1)
    config = BertConfig(vocab_size=30522, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32)
    BertForSequenceClassification(config).bert.save_pretrained(folder)
    shutil.copy(train.BASE / "tokenizer.json", folder)


def weights(folder):
    return torch.load(sorted(folder.glob("step-*.pt"))[-1], weights_only=True)["model"]


def test_training(work):
    # The passage that answers repeats a word of the question: something a tiny model can learn.
    words = ["cache", "token", "layer", "index", "graph", "score", "query", "batch"]
    def passage(word):
        return {"titles": [f"about {word}"], "heading": "", "text": f"{word} {word} {word}"}
    lists = [{"kind": "question", "query": f"what is a {w}", "positives": [passage(w)],
              "negatives": [passage(v) for v in words if v != w]} for w in words]
    data.write_lines(work / "lists.jsonl", lists)
    tiny(work / "base")
    common = [work / "lists.jsonl", "--base", work / "base", "--steps", 12, "--frozen-layers", 1]
    run("train.py", *common, "--checkpoints", work / "whole")
    run("train.py", *common, "--checkpoints", work / "parts", "--stop-after", 5)
    run("train.py", *common, "--checkpoints", work / "parts")
    start = train.start_model(work / "base", 1).state_dict()  # all but its head, which is drawn
    whole = weights(work / "whole")
    for (name, w), v in zip(whole.items(), weights(work / "parts").values()):
        assert torch.equal(w, v), f"a resumed run differs in {name}"
        if "embeddings" in name or "layer.0." in name:
            assert torch.equal(w, start[name]), f"{name} was to stay"
    assert not torch.equal(whole["bert.encoder.layer.2.output.dense.weight"], start["bert.encoder.layer.2.output.dense.weight"])

    run("export.py", "--base", work / "base", "--checkpoints", work / "whole", "--out", work / "out")
    stored = load_file(work / "out/model.safetensors")
    assert {export.part(name) for name in stored} == {"encoder.layer.1", "encoder.layer.2", "pooler", "classifier"}
    exported = train.start_model(work / "base", 1).eval()
    own = {name.removeprefix("bert."): name for name in exported.state_dict()}
    exported.load_state_dict({own[name]: t.float() for name, t in stored.items()}, strict=False)
    trained = train.start_model(work / "base", 1).eval()
    trained.load_state_dict(whole)
    tokenizer = train.Tokenizer.from_file(str(work / "base/tokenizer.json"))
    tokenizer.no_padding()
    pairs = tokenizer.encode_batch([("what is a cache", "cache cache"), ("what is a cache", "a much longer text of the graph")])
    with torch.no_grad():
        a, b = train.scores(exported, pairs), train.scores(trained, pairs)
        alone = train.scores(trained, pairs[:1])
    assert (a - b).abs().max() < 1e-2 and abs(alone[0] - b[0]) < 1e-5
    assert json.loads((work / "out/sentence_bert_config.json").read_text()) == {"max_seq_length": 128}


def main():
    test_data()
    test_judge()
    with tempfile.TemporaryDirectory() as temporary:
        test_training(Path(temporary))
    print("the recipe works")


if __name__ == "__main__":
    main()
