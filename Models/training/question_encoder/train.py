"""Trains other last layers for all-MiniLM-L6-v2, which know the notes: ways to ask one note come together, others go apart.

    nice -n 19 python train.py --checkpoints WORK --out ../../all-MiniLM-L6-v2-questions

Run it again and it goes on from the newest checkpoint. It reads the notes' own questions and nothing else: no judged
question, neither of the tuning half nor of the held-out one, and none of the listed questions of others.
"""

import argparse
import copy
import json
import random
import re
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

ROOT = Path(__file__).resolve().parents[3]
NOTES = ROOT / "Sources/Explainer/Corpus"
BASE = ROOT / "Models/all-MiniLM-L6-v2"
WARM_UP_STEPS = 20


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--notes", type=Path, default=NOTES)
    a.add_argument("--base", type=Path, default=BASE)
    a.add_argument("--checkpoints", type=Path, required=True)
    a.add_argument("--out", type=Path, help="where the weights go in the end")
    a.add_argument("--steps", type=int, default=300)
    a.add_argument("--batch", type=int, default=48, help="notes of a step")
    a.add_argument("--layers", type=int, default=2, help="that are trained")
    a.add_argument("--length", type=int, default=64, help="word pieces of a question; what is over is cut")
    a.add_argument("--lr", type=float, default=2e-4)
    a.add_argument("--temperature", type=float, default=0.05)
    a.add_argument("--share", type=float, default=0.5, help="of what was learned, that is exported; the rest is the base's")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--save-every", type=float, default=60, help="seconds")
    a.add_argument("--stop-after", type=int, help="leave after this step (for the test)")
    return a.parse_args()


def wordings(folder):
    """The ways to ask each note, of those notes that have two at least."""
    found = {}
    for path in sorted(folder.glob("*/*.md")):
        if path.name == "README.md":
            continue
        head = path.read_text().split("---\n", 2)[1]
        lines = re.findall(r"^question: (.+)$", head, re.M)
        if block := re.search(r"^also_asked:\n((?:  - .+\n)+)", head, re.M):
            lines += [line[4:] for line in block[1].splitlines()]
        if len(lines) > 1:
            found[f"{path.parent.name}/{path.stem}"] = [line.strip().strip("\"'") for line in lines]
    return found


@torch.no_grad()
def frozen_rows(base, tokenizer, texts, layers):
    """What the layers below those that are trained make of each text: [T, D], once for the whole training."""
    known = {}
    tokens = sorted(((tokenizer.encode(text).ids, text) for text in dict.fromkeys(texts)), key=lambda pair: len(pair[0]))
    for first in range(0, len(tokens), 64):
        some = tokens[first:first + 64]
        width = len(some[-1][0])
        ids = torch.tensor([row + [0] * (width - len(row)) for row, _ in some])
        mask = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row, _ in some])
        rows = through(base.encoder.layer[:-layers], base.embeddings(input_ids=ids), mask)
        for n, (row, text) in enumerate(some):
            known[text] = rows[n, :len(row)].half()
    return known


def through(layers, rows, mask):
    away = (1 - mask[:, None, None, :]) * -1e9
    for layer in layers:
        rows = layer(rows, away)
        rows = rows[0] if isinstance(rows, tuple) else rows
    return rows


def vectors(layers, rows):
    """[B, D], each of length 1: the mean of all rows, as MiniLM's own vectors are made."""
    width = max(len(r) for r in rows)
    hidden, mask = torch.zeros(len(rows), width, rows[0].shape[1]), torch.zeros(len(rows), width)
    for n, r in enumerate(rows):
        hidden[n, :len(r)], mask[n, :len(r)] = r.float(), 1
    found = through(layers, hidden, mask) * mask[..., None]
    return F.normalize(found.sum(1) / mask.sum(1, keepdim=True), dim=-1)


def loss_of(vectors, notes, temperature):
    """That of each question another one of its note is the nearest in the batch (InfoNCE: van den Oord et al. 2018)."""
    scores = vectors @ vectors.T / temperature
    itself = torch.eye(len(notes), dtype=torch.bool)
    same = (notes[:, None] == notes[None]) & ~itself
    chances = F.log_softmax(scores.masked_fill(itself, -1e9), -1)
    return -torch.logsumexp(chances.masked_fill(~same, -1e9), -1).mean()


def save(path, state):
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").rename(path)


def train(args, questions, rows, layers):
    """Trains in place; False if it was told to stop on the way. A step's draw depends on seed and step alone."""
    torch.manual_seed(args.seed)
    optimizer = torch.optim.AdamW(layers.parameters(), lr=args.lr, weight_decay=0.01)
    path, step = args.checkpoints / "newest.pt", 0
    if path.exists():
        known = torch.load(path, weights_only=True)
        layers.load_state_dict(known["layers"])
        optimizer.load_state_dict(known["optimizer"])
        step = known["step"]
        torch.set_rng_state(known["random"])  # dropout goes on where it was
    log = (args.checkpoints / "log.jsonl").open("a")
    names = sorted(questions)
    layers.train()
    saved = begun = time.time()
    while step < args.steps:
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1, (step + 1) / WARM_UP_STEPS) * (1 - step / args.steps)
        draw = random.Random(f"{args.seed} {step}")
        drawn = draw.sample(range(len(names)), min(args.batch, len(names)))
        pairs = [(text, n) for n in drawn for text in draw.sample(questions[names[n]], 2)]
        loss = loss_of(
            vectors(layers, [rows[text] for text, _ in pairs]), torch.tensor([n for _, n in pairs]), args.temperature)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(layers.parameters(), 1.0)
        optimizer.step()
        step += 1
        is_last = step == args.stop_after
        if step % 10 == 0 or is_last:
            log.write(json.dumps({"step": step, "loss": round(loss.item(), 4), "seconds": round(time.time() - begun)}) + "\n")
            log.flush()
        if is_last or step == args.steps or time.time() - saved > args.save_every:
            saved = time.time()
            save(path, {"layers": layers.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
                        "random": torch.get_rng_state()})
        if is_last:
            return False
    layers.eval()
    return True


def export(layers, base, args):
    """The layers in f16, under the names of the encoder that they belong to: on the way from the base's to what was
    learned, but not all of it, which knows other people's wordings better (Wortsman et al. 2021, arXiv:2109.01903)."""
    first = len(base.encoder.layer) - args.layers
    before = base.encoder.layer[-args.layers:].state_dict()
    tensors = {}
    for name, tensor in layers.state_dict().items():
        number, rest = name.split(".", 1)
        blend = before[name] + args.share * (tensor - before[name])
        tensors[f"encoder.layer.{first + int(number)}.{rest}"] = blend.to(torch.float16).contiguous()
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, args.out / "model.safetensors", metadata={"format": "pt"})


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    config = BertConfig.from_pretrained(args.base)
    base = BertModel.from_pretrained(args.base, config=config, add_pooling_layer=False, attn_implementation="eager").eval()
    tokenizer = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(args.length)
    questions = wordings(args.notes)
    rows = frozen_rows(base, tokenizer, [text for some in questions.values() for text in some], args.layers)
    layers = copy.deepcopy(base.encoder.layer[-args.layers:])
    if train(args, questions, rows, layers) and args.out:
        export(layers, base, args)


if __name__ == "__main__":
    main()
