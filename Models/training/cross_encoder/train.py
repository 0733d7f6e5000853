"""Trains the cross-encoder from all-MiniLM-L6-v2's weights; run it again and it goes on from its newest checkpoint.

    nice -n 19 python train.py WORK/lists.jsonl --checkpoints WORK/checkpoints --minutes 60
    nice -n 19 python train.py WORK/lists.jsonl --checkpoints WORK/checkpoints --until 13:05
    python train.py tiny.jsonl --base TINY --checkpoints C --steps 20          # for the test

A step draws a few questions; each stands before one passage that answers it and some that do not, and the loss is the
cross-entropy of picking the right one. Question and passage share one pass, so that every layer compares their words.
The embeddings and the lowest layers stay as they are: there is little to learn there from a few thousand questions, much
to forget, and time to save. Nothing is dropped out: no list is read often enough to be learned by heart.
"""

import argparse
import json
import random
import time
from datetime import datetime
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

import data

BASE = data.ROOT / "Models/all-MiniLM-L6-v2"
KINDS = {"question": 0.5, "follow-up": 0.1, "text": 0.4}  # shares of the lists drawn
WARM_UP_STEPS = 20
HEAD_RATE = 10  # times the others' learning rate: the head begins with nothing
GROUP = 10  # pairs of about one length that are padded together


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("lists", type=Path)
    a.add_argument("--base", type=Path, default=BASE)
    a.add_argument("--checkpoints", type=Path, required=True)
    a.add_argument("--minutes", type=float, help="plan the run by time")
    a.add_argument("--until", help="plan the run by the clock: HH:MM")
    a.add_argument("--steps", type=int, help="plan the run by steps: the same on any machine")
    a.add_argument("--lists-per-step", type=int, default=6)
    a.add_argument("--negatives", type=int, default=4)
    a.add_argument("--length", type=int, default=128, help="word pieces of a pair; what is over is cut")
    a.add_argument("--frozen-layers", type=int, default=3)
    a.add_argument("--lr", type=float, default=2e-4)
    add_bf16_option(a)
    a.add_argument("--seed", type=int, default=8)
    a.add_argument("--save-every", type=float, default=180, help="seconds")
    a.add_argument("--stop-after", type=int, help="leave after this step, checkpoint written (for the test)")
    args = a.parse_args()
    if sum(map(bool, (args.minutes, args.until, args.steps))) != 1:
        a.error("say one of --minutes, --until and --steps")
    return args


def add_bf16_option(parser):
    info = Path("/proc/cpuinfo")
    has_units = info.exists() and "amx_bf16" in info.read_text()
    parser.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, default=has_units,
        help="multiply in bf16, keep weights and sums in f32; the default where the CPU has units for it")


def bf16_products(enabled):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def start_model(base, frozen_layers):
    # Attention written out: on a CPU its fused form goes backward through bf16 at half the speed.
    model = BertForSequenceClassification.from_pretrained(
        base, num_labels=1, dtype=torch.float32, attn_implementation="eager", hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0)
    for part in [model.bert.embeddings, *model.bert.encoder.layer[:frozen_layers]]:
        part.requires_grad_(False)
    return model


def scores(model, encodings):
    """One score for each encoded pair. Pairs of about one length go together, so that little is padding."""
    order = sorted(range(len(encodings)), key=lambda n: len(encodings[n].ids))
    found = [None] * len(encodings)
    for first in range(0, len(order), GROUP):
        group = order[first:first + GROUP]
        width = len(encodings[group[-1]].ids)
        rows = [[], [], []]
        for n in group:
            e, room = encodings[n], width - len(encodings[n].ids)
            for row, part in zip(rows, (e.ids, e.type_ids, e.attention_mask)):
                row.append(part + [0] * room)
        ids, types, mask = (torch.tensor(row) for row in rows)
        logits = model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits[:, 0]
        for n, logit in zip(group, logits):
            found[n] = logit
    return torch.stack(found).float()


class Draws:
    """The lists of a step depend on the seed and the step alone, so that a resumed run reads what a whole one reads."""

    def __init__(self, path, seed):
        self.seed = seed
        self.of_kind = {kind: [] for kind in KINDS}
        for line in path.read_text().splitlines():
            x = json.loads(line)
            if not x.get("validation"):
                self.of_kind[x["kind"]].append(x)
        self.of_kind = {kind: lists for kind, lists in self.of_kind.items() if lists}
        for lists in self.of_kind.values():
            random.Random(seed).shuffle(lists)

    def step(self, step, count, negatives):
        draw = random.Random(f"{self.seed} {step}")
        kinds = list(self.of_kind)
        for n in range(count):
            kind = draw.choices(kinds, [KINDS[k] for k in kinds])[0]
            x = draw.choice(self.of_kind[kind])
            # The hardest negative is often another good answer; a draw from many takes the edge off that.
            wrong = draw.sample(x["negatives"], min(negatives, len(x["negatives"])))
            passages = [draw.choice(x["positives"])] + wrong
            yield x["query"], [data.passage_text(p, x["query"], draw) for p in passages]


def newest(folder):
    found = sorted(folder.glob("step-*.pt"))
    return torch.load(found[-1], weights_only=True) if found else None


def save(folder, step, state):
    path = folder / f"step-{step:06}.pt"
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").rename(path)
    for old in sorted(folder.glob("step-*.pt"))[:-2]:
        old.unlink()


def main():
    args = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(args.length)
    draws = Draws(args.lists, args.seed)
    model = start_model(args.base, args.frozen_layers)
    head = [p for part in (model.bert.pooler, model.classifier) for p in part.parameters()]
    learned = [p for p in model.bert.encoder.parameters() if p.requires_grad] + head
    optimizer = torch.optim.AdamW([{"params": learned[:-len(head)], "factor": 1}, {"params": head, "factor": HEAD_RATE}],
                                  weight_decay=0.01)

    step, begun, mean, right, tokens = 0, time.time(), 0.0, 0.0, 0
    if known := newest(args.checkpoints):
        model.load_state_dict(known["model"])
        optimizer.load_state_dict(known["optimizer"])
        step, begun, (mean, right, tokens) = known["step"], known["begun"], known["log"]
    if args.until:
        hour, minute = map(int, args.until.split(":"))
        end = datetime.now().replace(hour=hour, minute=minute, second=0).timestamp()
    else:
        end = begun + (args.minutes or 0) * 60

    def progress():
        return step / args.steps if args.steps else (time.time() - begun) / max(end - begun, 1)

    model.train()
    log = (args.checkpoints / "log.jsonl").open("a")
    saved = time.time()
    while (done := progress()) < 1:
        rate = args.lr * min(1, (step + 1) / WARM_UP_STEPS) * (1 - done)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        lists = list(draws.step(step, args.lists_per_step, args.negatives))
        encoded = tokenizer.encode_batch([(query, p) for query, passages in lists for p in passages])
        tokens += sum(len(e.ids) for e in encoded)
        with bf16_products(args.bf16):
            found = scores(model, encoded).split([len(passages) for _, passages in lists])
        target = torch.zeros(1, dtype=torch.long)
        loss = sum(F.cross_entropy(s[None], target) for s in found) / len(found)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        step += 1
        keep = 0.97 if step > 1 else 0
        mean = keep * mean + (1 - keep) * loss.item()
        right = keep * right + (1 - keep) * sum(float(s.argmax() == 0) for s in found) / len(found)
        is_last = step == args.stop_after
        if step % 20 == 0 or is_last:
            log.write(json.dumps({"step": step, "progress": round(done, 4), "lr": rate, "loss": round(mean, 4),
                                  "first": round(right, 3), "tokens": tokens, "time": round(time.time() - begun)}) + "\n")
            log.flush()
        if is_last or time.time() - saved > args.save_every or progress() >= 1:
            saved = time.time()
            save(args.checkpoints, step, {
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "begun": begun,
                "log": (mean, right, tokens)})
        if is_last:
            break


if __name__ == "__main__":
    main()
