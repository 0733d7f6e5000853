"""Teaches an exported model to answer from notes; run it again and it goes on from its newest checkpoint.

    nice -n 19 python teach.py --start ../swiftlet-5m --checkpoints teach --minutes 65
    python teach.py --tiny --start OUT --checkpoints FOLDER --steps 30     # for the test

Every step reads drills (drills.py), every fourth step pairs instead (pairs.py), and a little running text: books,
documentation and the notes themselves, and in every other step conversations without evidence, so that the model keeps
its language while it learns to quote: one that only reads evidence behind <|user|> copies there from nothing. The losses:

    choice     -log of the probability of a right token, among those that the span constraint allows
    answer     cross-entropy of the pairs' answers; prompts are read, not learned
    previous, topic, source     where the guided heads look (guide.py)
    prose      cross-entropy of running text

The log's `taken` is the share of choices whose likeliest token is right.

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
from drills import Drills
from guide import Guide, looks
from model import Llama
from optimizer import optimizers
from pairs import Pairs
from train import HERE, SHARED_TEXT, held_out_loss, learning_rate, loss_of, products, save

POSITIONS = 2048
BLOCK = 24  # pairs are drawn by so many and put into batches of like length
PAIRS = 4  # one step in so many reads whole answers, the others drills
SAMPLE = 8  # one place in so many is shown the token before it
WEIGHTS = dict(answer=1.0, choice=1.0, previous=0.2, topic=0.3, source=0.5)
GROWTH = 0.6  # at this progress evidence has reached its full size
PROSE_WINDOWS = [256, 1024, 256, 512, 256, 1024, 256, 2048]  # tokens, step by step
CHAT, CHAT_WINDOW = 2, 512  # one step in so many reads conversations in place of text, in windows of so many tokens
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
    a.add_argument("--bf16", action="store_true", help="as in train.py")
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
    """Drills and pairs; running text, conversations and held-out text [tokens]; what takes long is made once and kept."""
    folder = args.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(args.start / "tokenizer.json"))
    notes = [p for p in passages.corpus() if not passages.is_held_back(p.name)]
    if not (folder / "sections.json").exists():
        tokenizer.save(str(folder / "tokenizer.json"))
        kept, held = data.split(data.documents(args.data, limit=300_000 if args.tiny else None))
        text = kept + passages.prose(notes) * NOTES_AS_TEXT
        np.save(folder / "text.npy", data.plain_tokens(tokenizer, text, args.seed))
        np.save(folder / "chat.npy", data.tokens(tokenizer, data.conversations(kept, args.seed)))
        np.save(folder / "held-out.npy", data.plain_tokens(tokenizer, held or kept[:3], args.seed))
        passages.write(folder / "sections.json", passages.sections(kept))
    pairs = Pairs(notes, passages.read(folder / "sections.json"), tokenizer, args.seed)
    drills = Drills(pairs.libraries, pairs.spell, args.seed)
    batches = {k: Batches(made.make, args.seed, args.pair_tokens) for k, made in (("drills", drills), ("pairs", pairs))}
    return batches, *(np.load(folder / f"{name}.npy") for name in ("text", "chat", "held-out"))


class Batches:
    """Drills or pairs of like length together; `place` (block, batch in it) goes into the checkpoint and comes back."""

    def __init__(self, make, seed, tokens):
        self.make, self.seed, self.tokens, self.place, self.size, self.made = make, seed, tokens, (0, 0), 0.0, None

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
        drawn = [self.make(block * BLOCK + i, size) for i in range(BLOCK)]
        drawn.sort(key=lambda p: len(p.ids))
        batches = [[]]
        for pair in drawn:
            if batches[-1] and len(pair.ids) * (len(batches[-1]) + 1) > self.tokens:
                batches.append([])
            batches[-1].append(pair)
        order = np.random.default_rng([self.seed, block]).permutation(len(batches))
        return [batches[i] for i in order]

    def state(self):
        return dict(place=self.place, size=self.size)

    def restore(self, state):
        self.place, self.size = tuple(state["place"]), state["size"]


def tensors(batch):
    """Ids and positions [B, T] and what each place sees [B, T, T], padded."""
    B, T = len(batch), max(len(p.ids) for p in batch)
    ids, positions = torch.zeros(B, T, dtype=torch.long), torch.arange(T).repeat(B, 1)
    seen = torch.ones(T, T, dtype=torch.bool).tril().repeat(B, 1, 1)
    for row, pair in enumerate(batch):
        n = len(pair.ids)
        ids[row, :n] = torch.tensor(pair.ids)
        if pair.branches:
            positions[row, :n] = torch.tensor(pair.positions)
            branch = torch.tensor(pair.branches)
            seen[row, :n, :n] &= (branch[None] == 0) | (branch[None] == branch[:, None])
    return ids, positions, seen


def pair_losses(model, batch):
    """Mean losses: of the answers' tokens, of the choices among what the constraint allows, of the guided heads.
    And the share of choices whose likeliest token is right."""
    ids, positions, seen = tensors(batch)
    T = ids.shape[1]
    answers, choices, previous, topics, sources = [], [], [], [], []
    for row, pair in enumerate(batch):
        # The last place that a place sees besides itself: the token before it, also where a branch begins.
        before = (seen[row].tril(-1) * (positions[row] + 1)).argmax(1).tolist()
        previous += [(row, place, [before[place]]) for place in range(1 + row % SAMPLE, len(pair.ids), SAMPLE)]
        answers += [row * T + place - 1 for start, end in pair.answers for place in range(start, end)]
        # The last token of a branch may be the one that is chosen: nothing is read behind it.
        choices += [(row * T + place - 1, *allowed) for place, *allowed in pair.choices]
        topics += [(row, place, wanted) for place, wanted in pair.topics]
        sources += [(row, place - 1, wanted) for place, wanted in pair.sources]
    guide = Guide(looks(previous), looks(topics), looks(sources))
    states = model.states(ids, positions, seen, guide).flatten(0, 1)
    losses = guide.losses()
    if answers:
        at = torch.tensor(answers)
        losses["answer"] = F.cross_entropy(head(model, states[at]), ids.flatten()[at + 1])
    if choices:
        losses["choice"], losses["taken"] = choice_loss(model, states, choices)
    return losses


def choice_loss(model, states, choices):
    """-log of the probability, among the allowed tokens, of the right ones; share of choices where one is likeliest."""
    widest = max(len(tokens) for _, tokens, _ in choices)
    table = torch.tensor([tokens + [-1] * (widest - len(tokens)) for _, tokens, _ in choices])
    right = torch.arange(widest)[None] < torch.tensor([count for _, _, count in choices])[:, None]
    logits = head(model, states[torch.tensor([place for place, _, _ in choices])])
    scores = logits.gather(1, table.clamp(min=0)).masked_fill(table < 0, -torch.inf).log_softmax(-1)
    taken = right.gather(1, scores.argmax(1, keepdim=True)).float().mean()
    return -scores.masked_fill(~right, -torch.inf).logsumexp(1).mean(), taken


def head(model, states):
    """Logits; only worth their price where there is a loss."""
    return F.linear(states, model.model.embed_tokens.weight).float()


def prose_loss(model, pools, used, step, tokens):
    """`pools` has text by the length of its windows, and conversations under 0; `used` counts the windows taken of each."""
    T = min(PROSE_WINDOWS[step // CHAT % len(PROSE_WINDOWS)], max(pools))
    pool = 0 if step % CHAT == 0 else T
    rows = []
    for _ in range(max(1, tokens // pools[pool].T)):
        rows.append(pools[pool][used.get(pool, 0)])
        used[pool] = used.get(pool, 0) + 1
    rows = torch.from_numpy(np.stack(rows).astype(np.int64))
    return loss_of(model, rows[:, :-1], rows[:, 1:]), rows[:, 1:].numel()


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    started, _, _ = load(args.start)
    config = dataclasses.replace(started.config, positions=POSITIONS)
    model = Llama(config)
    model.load_state_dict(started.state_dict())
    batches, text, chat, held = prepare(args)
    if args.prepare:
        return
    windows = {min(T, 256) if args.tiny else T for T in PROSE_WINDOWS}
    pools = {T: data.Windows(text, T, args.seed) for T in windows}
    pools[0] = data.Windows(chat, min(CHAT_WINDOW, max(windows)), args.seed)
    muon, adam = optimizers(model, args.muon_lr, args.adam_lr)
    step, seconds, seen, used = 0, 0.0, 0, {}
    if newest := sorted(args.checkpoints.glob("step-*.pt")):
        state = torch.load(newest[-1], weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        step, seconds, seen, used = state["step"], state["seconds"], state["tokens"], dict(state["used"])
        for kind, place in state["batches"].items():
            batches[kind].restore(place)
        print(f"resumed at step {step}", flush=True)

    log = open(args.checkpoints / "log.jsonl", "a")
    clock = saved = time.monotonic()
    losses = {}
    while True:
        progress = min(1.0, step / args.steps if args.steps else seconds / (60 * args.minutes))
        if not (done := progress >= 1.0):
            rate = learning_rate(progress, step)
            for optimizer, peak in ((muon, args.muon_lr), (adam, args.adam_lr)):
                for group in optimizer.param_groups:
                    group["lr"] = peak * rate
            batch = batches["pairs" if step % PAIRS == PAIRS - 1 else "drills"].next(progress)
            with products(args):
                found = pair_losses(model, batch)
            sum(WEIGHTS[kind] * loss for kind, loss in found.items() if kind in WEIGHTS).backward()
            with products(args):
                prose, count = prose_loss(model, pools, used, step, args.prose_tokens)
            prose.backward()
            torch.nn.utils.clip_grad_norm_(adam.param_groups[0]["params"], 1.0)
            for optimizer in (muon, adam):
                optimizer.step()
                optimizer.zero_grad()
            step, seen = step + 1, seen + count + sum(len(p.ids) for p in batch)
            for kind, loss in {**found, "prose": prose}.items():
                losses.setdefault(kind, []).append(loss.item())
            now = time.monotonic()
            seconds, clock = seconds + now - clock, now

        stopping = done or step == args.stop_after
        if step % 10 == 0 or stopping:
            entry = dict(step=step, tokens=seen, seconds=round(seconds, 1), processor=round(time.process_time(), 1), progress=round(progress, 4))  # fmt: skip
            entry.update((kind, round(float(np.mean(values)), 4)) for kind, values in losses.items())
            losses = {}
            if step % 200 == 0 or stopping:
                entry["held_out"] = round(held_out_loss(model, held, config, windows=16), 4)
            print(json.dumps(entry), file=log, flush=True)
            print(json.dumps(entry), flush=True)
        if stopping or clock - saved > args.save_every:
            save(args.checkpoints, dict(step=step, seconds=seconds, tokens=seen, used=list(used.items()), batches={kind: b.state() for kind, b in batches.items()}, finished=done, model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict()))  # fmt: skip
            saved = clock
        if stopping:
            break


if __name__ == "__main__":
    main()
