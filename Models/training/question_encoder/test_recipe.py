"""Runs the recipe on a tiny encoder and tiny notes: train, stop, resume, export.

    python test_recipe.py        # half a minute; needs Models/all-MiniLM-L6-v2/tokenizer.json
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

import train

SUBJECTS = ["cache", "token", "layer", "soup", "dog", "train", "robot", "pixel"]
FORMS = ["what is a {}", "why a {}", "my {}", "how {}"]


def test_data():
    questions = train.wordings(train.NOTES)
    assert len(questions) > 400 and min(map(len, questions.values())) > 1
    held = {q["query"] for q in map(json.loads, (train.ROOT / "Tests/Fixtures/questions.jsonl").read_text().splitlines())
            if q["split"] == "held-out"}
    assert held and not held & {text for some in questions.values() for text in some}, "a held-out question is learned"


def run(*arguments):
    subprocess.run([sys.executable, train.__file__, *map(str, arguments)], check=True)


def test_training(work):
    base, notes = work / "base", work / "notes/subject"
    torch.manual_seed(1)
    config = BertConfig(vocab_size=30522, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32)
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    shutil.copy(train.BASE / "tokenizer.json", base)
    notes.mkdir(parents=True)
    for word in SUBJECTS:
        also = "".join(f"  - {form.format(word)}\n" for form in FORMS[1:])
        (notes / f"{word}.md").write_text(f"---\nquestion: {FORMS[0].format(word)}\nalso_asked:\n{also}---\ntext\n")
    common = ["--notes", notes.parent, "--base", base, "--steps", 60, "--batch", 8, "--lr", 0.01]
    run(*common, "--checkpoints", work / "whole", "--out", work / "out", "--share", 1)
    run(*common, "--checkpoints", work / "parts", "--stop-after", 7)
    run(*common, "--checkpoints", work / "parts", "--out", work / "half", "--share", 0.5)
    whole, parts = (torch.load(work / name / "newest.pt", weights_only=True)["layers"] for name in ("whole", "parts"))
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), f"a resumed run differs in {name}"

    # As Swift reads it: the base with the changed layers in their places.
    model = BertModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager").eval()
    before = model.state_dict()
    changed, half = load_file(work / "out/model.safetensors"), load_file(work / "half/model.safetensors")
    assert changed and not any("layer.0." in name for name in changed)
    for name, tensor in changed.items():
        assert torch.allclose(half[name].float(), (tensor.float() + before[name]) / 2, atol=2e-3), name
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()

    def right():
        """Of the questions, how many have another of their subject as the nearest."""
        texts = [form.format(word) for word in SUBJECTS for form in FORMS]
        with torch.no_grad():
            rows = [model(input_ids=torch.tensor([tokenizer.encode(t).ids])).last_hidden_state[0].mean(0) for t in texts]
        scores = torch.nn.functional.normalize(torch.stack(rows), dim=-1)
        nearest = (scores @ scores.T).fill_diagonal_(-1).argmax(-1)
        return sum(n // len(FORMS) == k // len(FORMS) for k, n in enumerate(nearest.tolist()))

    untrained = right()
    assert not model.load_state_dict({n: t.float() for n, t in changed.items()}, strict=False).unexpected_keys
    assert right() == len(SUBJECTS) * len(FORMS) > untrained, (untrained, right())


def main():
    test_data()
    with tempfile.TemporaryDirectory() as temporary:
        test_training(Path(temporary))
    print("the recipe works")


if __name__ == "__main__":
    main()
