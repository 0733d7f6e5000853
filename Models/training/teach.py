"""Teaches an exported model to answer from notes; run it again and it goes on from its newest checkpoint.

    nice -n 19 python teach.py --start ../swiftlet-5m --checkpoints teach --minutes 65
    python teach.py --tiny --start OUT --checkpoints FOLDER --steps 30     # for the test

Every step reads pairs (pairs.py) and a little running text: books, documentation and the notes themselves, so that
the model keeps its language while it learns to quote. Four losses are added:

    answer     cross-entropy of the answers' tokens; prompts are read, not learned
    choice     the same, among the tokens that the span constraint allows: which sentence comes next
    guide      where the copying heads look (guide.py)
    prose      cross-entropy of running text

The context grows to `POSITIONS`: rotary positions need no new weights, only practice at the new distances.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import data
import passages
from evaluate import load
from guide import guided
from model import Llama
from optimizer import optimizers
from pairs import Pairs
from train import HERE, SHARED_TEXT, held_out_loss, learning_rate, save

POSITIONS = 2048
BLOCK = 24  # pairs are drawn by so many and put into batches of like length
GUIDE = 0.5  # weight of the guided heads' loss
GROWTH = 0.6  # at this progress evidence has reached its full size
PROSE_WINDOWS = [512, 1024, 512, 1024, 512, 1024, 512, 2048]  # tokens, step by step
NOTES_AS_TEXT = 4  # how often the notes stand in one pass over the running text


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", type=Path, default=SHARED_TEXT, help="folder of .txt files")
    a.add_argument("--start", type=Path, required=True, help="exported folder to begin with")
    a.add_argument("--checkpoints", type=Path, default=HERE / "teach")
    a.add_argument("--minutes", type=float, help="plan the run by time")
    a.add_argument("--steps", type=int, help="plan the run by steps")
    a.add_argument("--tiny", action="store_true", help="300 kB of text, small steps")
    a.add_argument("--pair-tokens", type=int, default=3072, help="a step, padding included")
    a.add_argument("--prose-tokens", type=int, default=1536, help="a step")
    a.add_argument("--muon-lr", type=float, default=0.01)
    a.add_argument("--adam-lr", type=float, default=0.003)
    a.add_argument("--seed", type=int, default=20)
    a.add_argument("--save-every", type=float, default=180, help="seconds")
    a.add_argument("--prepare", action="store_true", help="only make what is made once")
    a.add_argument("--stop-after", type=int, help="leave after this step, checkpoint written (for the test)")
    args = a.parse_args()
    if bool(args.minutes) == bool(args.steps):
        a.error("say one of --minutes and --steps")
    if args.tiny:
        args.pair_tokens, args.prose_tokens = 1024, 256
    return args


def prepare(args):
    """The pairs, running text [tokens] and held-out text [tokens]; what takes long is made once and kept."""
    folder = args.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(args.start / "tokenizer.json"))
    notes = [p for p in passages.corpus() if not passages.is_held_back(p.name)]
    if not (folder / "sections.json").exists():
        tokenizer.save(str(folder / "tokenizer.json"))
        kept, held = data.split(data.documents(args.data, limit=300_000 if args.tiny else None))
        text = kept + passages.prose(notes) * NOTES_AS_TEXT
        np.save(folder / "text.npy", data.plain_tokens(tokenizer, text, args.seed))
        np.save(folder / "held-out.npy", data.plain_tokens(tokenizer, held or kept[:3], args.seed))
        passages.write(folder / "sections.json", passages.sections(kept))
    pairs = Pairs(notes, passages.read(folder / "sections.json"), tokenizer, args.seed)
    return pairs, np.load(folder / "text.npy"), np.load(folder / "held-out.npy")


class PairBatches:
    """Pairs of like length together; `place` (block, batch in it) goes into the checkpoint and comes back."""

    def __init__(self, pairs, tokens):
        self.pairs, self.tokens, self.place, self.made = pairs, tokens, (0, 0), None

    def next(self, progress):
        block, batch = self.place
        if self.made is None or self.made[0] != block:
            # A block's size is that of its first step, which a run that resumes inside it must know.
            self.size = min(1.0, progress / GROWTH) if batch == 0 else self.size
            self.made = block, self.block(block, self.size)
        batches = self.made[1]
        self.place = (block, batch + 1) if batch + 1 < len(batches) else (block + 1, 0)
        return batches[batch]

    def block(self, block, size):
        drawn = [self.pairs.make(block * BLOCK + i, size) for i in range(BLOCK)]
        drawn.sort(key=lambda p: len(p.ids))
        batches = [[]]
        for pair in drawn:
            if batches[-1] and len(pair.ids) * (len(batches[-1]) + 1) > self.tokens:
                batches.append([])
            batches[-1].append(pair)
        order = np.random.default_rng([self.pairs.seed, block]).permutation(len(batches))
        return [batches[i] for i in order]


def pair_losses(model, batch):
    """Mean loss of the answers' tokens, of the choices among what the constraint allows, and of the guided heads."""
    T = max(len(p.ids) for p in batch) - 1
    ids = torch.zeros(len(batch), T + 1, dtype=torch.long)
    at, allowed, sources = [], [], []
    for row, pair in enumerate(batch):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        at += [row * T + place - 1 for start, end in pair.answers for place in range(start, end)]
        allowed += [(row * T + place - 1, tokens) for place, tokens in pair.choices]
        places = torch.tensor(pair.sources).reshape(-1, 2)
        sources.append((places[:, 0] - 1, places[:, 1]))
    at = torch.tensor(at)
    states, guide = guided(model, ids[:, :-1], [len(p.ids) - 1 for p in batch], sources)
    # The head is only worth its price where there is a loss.
    logits = F.linear(states.flatten(0, 1)[at], model.model.embed_tokens.weight)
    answer = F.cross_entropy(logits, ids[:, 1:].flatten()[at])
    if not allowed:
        return answer, answer * 0, guide
    where = torch.searchsorted(at, torch.tensor([place for place, _ in allowed]))
    widest = max(len(tokens) for _, tokens in allowed)
    table = torch.tensor([tokens + [-1] * (widest - len(tokens)) for _, tokens in allowed])
    rivals = logits[where].gather(1, table.clamp(min=0)).masked_fill(table < 0, -torch.inf)
    return answer, F.cross_entropy(rivals, torch.zeros(len(allowed), dtype=torch.long)), guide


def prose_loss(model, pools, used, step, tokens):
    T = min(PROSE_WINDOWS[step % len(PROSE_WINDOWS)], max(pools))
    rows = []
    for _ in range(max(1, tokens // T)):
        rows.append(pools[T][used.get(T, 0)])
        used[T] = used.get(T, 0) + 1
    rows = torch.from_numpy(np.stack(rows).astype(np.int64))
    return F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten()), rows[:, 1:].numel()


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    started, _, _ = load(args.start)
    config = dataclasses.replace(started.config, positions=POSITIONS)
    model = Llama(config)
    model.load_state_dict(started.state_dict())
    pairs, text, held = prepare(args)
    if args.prepare:
        return
    windows = {min(T, 256) if args.tiny else T for T in PROSE_WINDOWS}
    pools = {T: data.Windows(text, T, args.seed) for T in windows}
    batches = PairBatches(pairs, args.pair_tokens)
    muon, adam = optimizers(model, args.muon_lr, args.adam_lr)
    step, seconds, seen, used = 0, 0.0, 0, {}
    if newest := sorted(args.checkpoints.glob("step-*.pt")):
        state = torch.load(newest[-1], weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        step, seconds, seen, used = state["step"], state["seconds"], state["tokens"], dict(state["used"])
        batches.place, batches.size = tuple(state["place"]), state["size"]
        print(f"resumed at step {step}", flush=True)

    log = open(args.checkpoints / "log.jsonl", "a")
    clock = saved = time.monotonic()
    losses = []
    while True:
        progress = min(1.0, step / args.steps if args.steps else seconds / (60 * args.minutes))
        if not (done := progress >= 1.0):
            rate = learning_rate(progress, step)
            for optimizer, peak in ((muon, args.muon_lr), (adam, args.adam_lr)):
                for group in optimizer.param_groups:
                    group["lr"] = peak * rate
            batch = batches.next(progress)
            answer, choice, guide = pair_losses(model, batch)
            (answer + choice + GUIDE * guide).backward()
            prose, count = prose_loss(model, pools, used, step, args.prose_tokens)
            prose.backward()
            torch.nn.utils.clip_grad_norm_(adam.param_groups[0]["params"], 1.0)
            for optimizer in (muon, adam):
                optimizer.step()
                optimizer.zero_grad()
            step, seen = step + 1, seen + count + sum(len(p.ids) for p in batch)
            losses.append((answer.item(), choice.item(), guide.item(), prose.item()))
            now = time.monotonic()
            seconds, clock = seconds + now - clock, now

        stopping = done or step == args.stop_after
        if step % 20 == 0 or stopping:
            entry = dict(step=step, tokens=seen, seconds=round(seconds, 1), progress=round(progress, 4))
            if losses:
                entry.update(zip(("answer", "choice", "guide", "prose"), (round(float(x), 4) for x in np.mean(losses, 0))))
            losses = []
            if step % 200 == 0 or stopping:
                entry["held_out"] = round(held_out_loss(model, held, config, windows=16), 4)
            print(json.dumps(entry), file=log, flush=True)
            print(json.dumps(entry), flush=True)
        if stopping or clock - saved > args.save_every:
            save(args.checkpoints, dict(step=step, seconds=seconds, tokens=seen, used=list(used.items()), place=batches.place, size=getattr(batches, "size", 0.0), finished=done, model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict()))  # fmt: skip
            saved = clock
        if stopping:
            break


if __name__ == "__main__":
    main()
