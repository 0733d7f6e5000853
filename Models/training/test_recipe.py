"""Runs the whole recipe on a tiny model: train, stop, resume, export, compare with transformers, evaluate; and a still
smaller one that learns to guess for it.

    python test_recipe.py [--data ../../../shared/training-text]        # two minutes
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaForCausalLM

import choose
import drills
import evaluate
import pairs
import passages
import teach
from drills import Drills
from guide import Guide
from guide import looks as guide_looks
from model import Llama
from recipe import TAUGHT_SHARE
from tokenizer import render
from train import HERE, SHARED_TEXT, divergence


def run(script, *arguments):
    subprocess.run([sys.executable, HERE / script, "--tiny", *map(str, arguments)], check=True)


def weights(folder):
    return torch.load(sorted(folder.glob("step-*.pt"))[-1], weights_only=True)["model"]


def train_twice(script, arguments, whole, parts, stop_after):
    """At one go, and killed on the way: the weights must be the same to the bit."""
    run(script, *arguments, "--checkpoints", whole)
    run(script, *arguments, "--checkpoints", parts, "--stop-after", stop_after)
    # Killed, not asked to leave: what was written last is where it goes on.
    (parts / "step-000999.part").write_bytes(b"half a checkpoint")
    run(script, *arguments, "--checkpoints", parts)
    for (name, w), v in zip(weights(whole).items(), weights(parts).values()):
        assert torch.equal(w, v), f"a resumed run differs in {name}"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--data", type=Path, default=SHARED_TEXT)
    args = a.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        whole, parts, out = (Path(temporary) / name for name in ("whole", "parts", "out"))
        common = ["--data", args.data, "--steps", 60]
        train_twice("train.py", common, whole, parts, stop_after=25)

        run("export.py", "--checkpoints", whole, "--out", out)
        model, tokenizer, bos = evaluate.load(out)
        reference = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
        ids = torch.tensor([[bos] + tokenizer.encode("The model reads the tokens of a prompt.").ids])
        with torch.no_grad():
            difference = (model(ids) - reference(ids).logits).abs().max().item()
        print(f"largest difference from transformers' logits: {difference:.2g}")
        assert difference < 1e-4

        messages = [dict(role=r, content=c) for r, c in (("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"))]
        chat = AutoTokenizer.from_pretrained(out)
        assert chat.apply_chat_template(messages, tokenize=False) == render(messages)
        prompt = chat.apply_chat_template(messages[:2], tokenize=False, add_generation_prompt=True)
        assert prompt == render(messages[:2]) + "<|assistant|>\n"
        assert chat(prompt, add_special_tokens=False)["input_ids"] == tokenizer.encode(prompt).ids
        assert chat.eos_token == "<|end|>" and reference.generation_config.eos_token_id == [4, 0]

        text = Path(temporary) / "text.txt"
        text.write_text("A small text, longer than one window of the tiny model. " * 40)
        print(evaluate.score(model, tokenizer, bos, text))
        check_draft(Path(temporary), common, out)
        check_pairs(tokenizer)
        check_teaching(Path(temporary), args.data, out)
        check_all_of_it(Path(temporary), args.data)
    print("recipe: passed")


def check_all_of_it(folder, text):
    """One command makes both models; asked again, it leaves the finished runs alone."""
    command = ["--data", text, "--work", folder / "work", "--out", folder / "models"]
    run("recipe.py", *command)
    logs = {log: log.read_text() for log in (folder / "work").glob("*/log.jsonl")}
    assert len(logs) == 3
    run("recipe.py", *command)
    assert all(log.read_text() == text for log, text in logs.items())
    models = [evaluate.load(folder / "models" / name)[0] for name in ("swiftlet-5m", "swiftlet-5m-draft")]
    assert models[0].config.positions == models[1].config.positions == teach.POSITIONS
    assert models[1].config.width < models[0].config.width
    plain, taught, mean = (
        load_file(at / "model.safetensors") for at in (folder / "work/plain", folder / "work/taught", folder / "models/swiftlet-5m"))
    for name, w in mean.items():
        expected = (1 - TAUGHT_SHARE) * plain[name].float() + TAUGHT_SHARE * taught[name].float()
        assert torch.allclose(w.float(), expected, rtol=2**-7, atol=1e-6), name


def check_draft(folder, common, teacher):
    whole, parts, out = (folder / name for name in ("draft", "draft-parts", "draft-out"))
    common = [*common, "--teacher", teacher]
    train_twice("train.py", common, whole, parts, stop_after=20)
    log = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert log[-2]["loss"] < log[0]["loss"] and log[-1]["kept"] > 0.5, log
    run("export.py", "--draft", "--checkpoints", whole, "--out", out)
    assert (out / "tokenizer.json").read_text() == (teacher / "tokenizer.json").read_text()
    draft, _, _ = evaluate.load(out)
    # Against a model that knows nothing, and against itself.
    rows = torch.arange(100)[None] + 5
    model, _, _ = evaluate.load(teacher)
    assert divergence(draft, model, rows) < divergence(Llama(draft.config), model, rows)
    assert abs(divergence(model, model, rows)) < 1e-5


def drawn(made, again, index, tokenizer, held):
    """A pair or a drill, and what it reads."""
    example = made.make(index, 0.5)
    assert example == again.make(index, 0.5), "it depends on more than seed and index"
    text = tokenizer.decode(example.ids, skip_special_tokens=False)
    assert not any(p.short[0] in text for p in held), "a held-back note is in the training data"
    return example, text


def check_pairs(tokenizer):
    """An answer is made of sentences that stand in its prompt, token for token, and each choice holds the one made."""
    notes = passages.corpus()
    held = [p for p in notes if passages.is_held_back(p.name)]
    assert 0.05 < len(held) / len(notes) < 0.15
    kept = [p for p in notes if not passages.is_held_back(p.name)]
    made, again = (pairs.Pairs(kept, kept[:50], tokenizer, seed=3) for _ in range(2))
    refusals = 0
    for index in range(40):
        pair, text = drawn(made, again, index, tokenizer, held)
        lines = text.split("<|end|>")[1].split("\n")
        sentences = sorted((line for line in lines if line), key=len, reverse=True)
        for start, end in pair.answers:
            said = tokenizer.decode(pair.ids[start:end])
            refusals += said == pairs.REFUSAL
            for sentence in [pairs.REFUSAL, *sentences, *pairs.CONNECTORS[1:]]:
                said = said.replace(sentence, "")
            assert not said.strip(), f"not from the evidence: {said!r}"
        for place, (source,) in pair.sources:
            # But for the space before a sentence, whose first token then differs.
            said = pair.ids[place]
            assert said == pair.ids[source] or tokenizer.decode([said]).startswith(" "), (place, source)
        for place, allowed, count in pair.choices:
            assert pair.ids[place] == allowed[0] and len(set(allowed)) == len(allowed) > count == 1
    assert 0 < refusals < 12, refusals
    check_drills(made, tokenizer, held)


def check_drills(made, tokenizer, held):
    """A branch alone is the explainer's prompt; a right token begins a sentence of the note that was asked about."""
    drilled, again = (drills.Drills(made.libraries, made.spell, seed=3) for _ in range(2))
    behind = 0
    for index in range(20):
        drill, text = drawn(drilled, again, index, tokenizer, held)
        shown = [block.split("\n") for block in text.split("<|user|>\n")[1].split("\n\nQuestion:")[0].split("\n\n")]
        for place, allowed, count in drill.choices:
            assert 0 < count < len(set(allowed)) == len(allowed)
            branch = drill.branches[place - 1]
            before = [i for i in range(place) if drill.branches[i] in (0, branch)]
            assert [drill.positions[i] for i in before] == list(range(len(before)))
            alone = tokenizer.decode([drill.ids[i] for i in before], skip_special_tokens=False)
            evidence = [(title[2:], sentences) for title, *sentences in shown]
            asked, said = alone.split("\n\nQuestion: ")[1].split("<|end|>\n<|assistant|>\n")
            assert tokenizer.encode(pairs.prompt(evidence, asked) + said).ids == [drill.ids[i] for i in before]
            behind += len(said) > 20
            sentences = [s for _, lines in evidence for s in lines]
            for token in allowed:
                begun = (said + tokenizer.decode([token])).strip()
                assert any(begun.endswith(s[:length]) for s in sentences for length in range(1, len(s) + 1)), begun
        for place, sources in drill.sources:
            allowed, count = next((a, n) for p, a, n in drill.choices if p == place)
            right = {tokenizer.decode([t]).strip() for t in allowed[:count]}
            for i in sources:
                # The space before a sentence may be a token of its own.
                assert any(not t or t.startswith(tokenizer.decode([drill.ids[i]]).strip()) for t in right), (place, i)
    assert behind > 0


def check_teaching(folder, text, start):
    whole, parts, out = (folder / name for name in ("teach", "teach-parts", "teach-out"))
    common = ["--data", text, "--start", start, "--steps", 12, "--bf16"]
    train_twice("teach.py", common, whole, parts, stop_after=5)
    run("export.py", "--positions", teach.POSITIONS, "--checkpoints", whole, "--out", out)
    model, tokenizer, _ = evaluate.load(out)
    assert model.config.positions == teach.POSITIONS
    # A branch reads what it would read alone; the guide watches and changes nothing.
    drill = Drills([pairs.Library(passages.corpus()[:40])] * 2, pairs.Spelling(tokenizer), 3).make(0, 0.0)
    ids, positions, seen = teach.tensors([drill])
    # The tiny model has no layers but those whose heads see the token before.
    guide = Guide(guide_looks([(0, p, [p - 1]) for p in range(1, 9)]), None, None)
    with torch.no_grad():
        together = model.states(ids, positions, seen, guide)
        for branch in (1, max(drill.branches)):
            at = [i for i, b in enumerate(drill.branches) if b in (0, branch)]
            assert torch.allclose(together[0, at], model.states(ids[:, at])[0], atol=1e-3), branch
    assert set(guide.losses()) == {"previous"} and guide.losses()["previous"] > 0
    # The cache of choose.py says what the model says.
    spell = pairs.Spelling(tokenizer)
    blocks = [("What is a token?", ["A token is a piece of a word.", "It has a number."])]
    caches = choose.prepared(model, spell, blocks, "what are tokens")
    spans = [spell(s) for s in blocks[0][1]]
    tables, _ = caches[0].candidates(spans)
    ids = spell(pairs.prompt(blocks, "what are tokens"))
    with torch.no_grad():
        for table, span in zip(tables, spans):
            logits = model(torch.tensor([ids + span]))[0, len(ids) - 1 : -1]
            assert torch.allclose(logits.log_softmax(-1), table, atol=1e-4)
    assert sorted(choose.answer(caches, spell, blocks[0][1], 2, "gain")) == [0, 1]


if __name__ == "__main__":
    main()
