"""Trains the embedded model; run it again and it goes on from its newest checkpoint.

    nice -n 19 python train.py --minutes 80
    nice -n 19 python train.py --steps 2000      # the same number of steps on any machine
    python train.py --tiny --steps 60            # the whole recipe in seconds, for the test
    python train.py --teacher ../swiftlet-5m --checkpoints draft --minutes 30

With a teacher, a model of a tenth of its size learns to guess what it would say: its tokenizer, and its
probabilities of the next token at every position in place of the token that the text has there. Its conversations
are the explainer's (pairs.py).

Progress (0…1) is the part of the time or of the steps that is done; the learning rate and the stage
follow it. What is read at a step depends only on the counters in the checkpoint and the seed.
"""

import argparse
import dataclasses
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import data
import pairs
import passages
from model import DRAFT, FULL, TINY, TINY_DRAFT, Llama
from optimizer import optimizers
from tokenizer import train_tokenizer

HERE = Path(__file__).resolve().parent
SHARED_TEXT = HERE.parents[2] / "shared" / "training-text"

# (until this progress, window length as a part of the model's positions, share of chat windows)
STAGES = [(0.65, 1 / 4, 0.0), (0.85, 1, 0.1), (1.0, 1, 0.5)]
WARM_UP_STEPS = 40
FLAT_UNTIL = 0.15  # then the learning rate falls in a line to zero


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", type=Path, default=SHARED_TEXT, help="folder of .txt files")
    a.add_argument("--checkpoints", type=Path, default=HERE / "checkpoints")
    a.add_argument("--minutes", type=float, help="plan the run by time")
    a.add_argument("--steps", type=int, help="plan the run by steps")
    a.add_argument("--teacher", type=Path, help="exported folder of the model to imitate")
    a.add_argument("--pairs", type=int, default=3000, help="with a teacher: pairs to imitate it on")
    a.add_argument("--tiny", action="store_true", help="a 0.1 M model on 300 kB of text")
    a.add_argument("--tokens-per-step", type=int, default=6144)
    a.add_argument("--muon-lr", type=float, default=0.02)
    a.add_argument("--adam-lr", type=float, default=0.01)
    a.add_argument("--seed", type=int, default=20)
    a.add_argument("--save-every", type=float, default=180, help="seconds")
    a.add_argument("--compile", action="store_true", help="torch.compile (needs a C++ compiler)")
    a.add_argument("--bf16", action="store_true", help="products in bf16: faster where the processor has units for it")
    a.add_argument("--stop-after", type=int, help="leave after this step, checkpoint written (for the test)")
    args = a.parse_args()
    if bool(args.minutes) == bool(args.steps):
        a.error("say one of --minutes and --steps")
    return args


def prepare(args, config):
    """Tokenizer and token arrays, made once and kept beside the checkpoints."""
    folder = args.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    names = ["plain", "chat", "held-out"]
    if not (folder / "held-out.npy").exists():
        docs = data.documents(args.data, limit=300_000 if args.tiny else None)
        kept, held = data.split(docs)
        if args.teacher:
            tokenizer = Tokenizer.from_file(str(args.teacher / "tokenizer.json"))
        else:
            tokenizer = train_tokenizer((text for _, text in kept), config.vocabulary)
        tokenizer.save(str(folder / "tokenizer.json"))
        if args.teacher:
            chat = explaining(tokenizer, kept, args)
        else:
            chat = data.tokens(tokenizer, data.conversations(kept, args.seed))
        arrays = [
            data.plain_tokens(tokenizer, kept, args.seed),
            chat,
            data.plain_tokens(tokenizer, held or kept[:3], args.seed),
        ]
        for name, array in zip(names, arrays):
            np.save(folder / f"{name}.npy", array)
            print(f"{name}: {len(array)} tokens", flush=True)
    return Tokenizer.from_file(str(folder / "tokenizer.json")), [np.load(folder / f"{n}.npy") for n in names]


def explaining(tokenizer, kept, args):
    """What a teacher is asked most: pairs of notes and questions, one behind the other (pairs.py)."""
    notes = [p for p in passages.corpus() if not passages.is_held_back(p.name)]
    made = pairs.Pairs(notes, passages.sections(kept), tokenizer, args.seed)
    count = 20 if args.tiny else args.pairs
    return np.array([t for i in range(count) for t in made.make(i, i / count).ids], np.uint16)


def stage(progress):
    return next(i for i, (until, _, _) in enumerate(STAGES) if progress < until or until == 1.0)


def learning_rate(progress, step):
    decay = min(1.0, (1.0 - progress) / (1.0 - FLAT_UNTIL))
    return max(0.0, decay) * min(1.0, (step + 1) / WARM_UP_STEPS)


class Batches:
    """The next batch of a stage; `used` counts windows, goes into the checkpoint and comes back."""

    def __init__(self, plain, chat, config, tokens_per_step, seed):
        self.seed, self.tokens_per_step, self.used = seed, tokens_per_step, {}
        self.pools = {}
        for T in {int(part * config.positions) for _, part, _ in STAGES}:
            self.pools["plain", T] = data.Windows(plain, T, seed)
            self.pools["chat", T] = data.Windows(chat, T, seed + 1)
        self.config = config

    def next(self, stage_index, step):
        _, part, chat_share = STAGES[stage_index]
        T = int(part * self.config.positions)
        B = max(1, self.tokens_per_step // T)
        chats = np.random.default_rng([self.seed, step]).binomial(B, chat_share)
        rows = []
        for b in range(B):
            key = ("chat" if b < chats else "plain", T)
            rows.append(self.pools[key][self.used.get(key, 0)])
            self.used[key] = self.used.get(key, 0) + 1
        rows = torch.from_numpy(np.stack(rows).astype(np.int64))
        return rows[:, :-1], rows[:, 1:]


def products(args):
    """In bf16 if that was asked for; weights, norms, losses and sums stay f32."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16)


def loss_of(model, inputs, targets):
    return F.cross_entropy(model(inputs).float().flatten(0, 1), targets.flatten())


def divergence(model, teacher, inputs):
    """How many nats the model's next tokens are from the teacher's: KL(teacher || model), the mean over positions."""
    with torch.no_grad():
        wanted = F.log_softmax(teacher(inputs).float(), dim=-1).flatten(0, 1)
    found = F.log_softmax(model(inputs).float(), dim=-1).flatten(0, 1)
    return F.kl_div(found, wanted, log_target=True, reduction="batchmean")


@torch.no_grad()
def overlap(model, teacher, ids, config, windows=32):
    """Share of guesses kept by rejection sampling at temperature 1, and of those equal to the likeliest token."""
    T = config.positions // 4
    pool = data.Windows(ids, T, 0)
    rows = torch.from_numpy(np.stack([pool[i] for i in range(min(windows, pool.count))]).astype(np.int64))[:, :-1]
    p, q = (F.softmax(m(rows), dim=-1) for m in (teacher, model))
    return torch.minimum(p, q).sum(-1).mean().item(), (p.argmax(-1) == q.argmax(-1)).float().mean().item()


@torch.no_grad()
def held_out_loss(model, ids, config, windows=32):
    T = config.positions // 4
    pool = data.Windows(ids, T, 0)
    rows = torch.from_numpy(np.stack([pool[i] for i in range(min(windows, pool.count))]).astype(np.int64))
    return loss_of(model, rows[:, :-1], rows[:, 1:]).item()


def save(folder, state):
    """Written under another name and renamed: a checkpoint is whole or absent. The newest two stay."""
    name = folder / f"step-{state['step']:06d}.pt"
    torch.save(state, name.with_suffix(".part"))
    os.replace(name.with_suffix(".part"), name)
    for old in sorted(folder.glob("step-*.pt"))[:-2]:
        old.unlink()


def load_teacher(folder):
    if not folder:
        return None
    from evaluate import load  # which imports this file

    return load(folder)[0].requires_grad_(False)


def main():
    args = arguments()
    teacher = load_teacher(args.teacher)
    if teacher:
        config = TINY_DRAFT if args.tiny else DRAFT
        assert teacher.config.vocabulary == config.vocabulary, "see model.py"
        config = dataclasses.replace(config, positions=teacher.config.positions)
    else:
        config = TINY if args.tiny else FULL
    torch.manual_seed(args.seed)
    torch.set_num_threads(min(2, os.cpu_count()))
    _, (plain, chat, held) = prepare(args, config)
    if args.tiny:
        args.tokens_per_step = 1024

    model = Llama(config)
    muon, adam = optimizers(model, args.muon_lr, args.adam_lr)
    batches = Batches(plain, chat, config, args.tokens_per_step, args.seed)
    step, seconds, seen = 0, 0.0, 0
    if newest := sorted(args.checkpoints.glob("step-*.pt")):
        state = torch.load(newest[-1], weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        step, seconds, seen = state["step"], state["seconds"], state["tokens"]
        batches.used = {(kind, T): n for kind, T, n in state["used"]}
        print(f"resumed at step {step}", flush=True)
    train_loss = divergence if teacher else loss_of
    if args.compile:
        train_loss = torch.compile(train_loss, dynamic=False)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)

    log = open(args.checkpoints / "log.jsonl", "a")
    clock = saved = time.monotonic()
    losses = []
    while True:
        progress = step / args.steps if args.steps else seconds / (60 * args.minutes)
        if done := progress >= 1.0:
            progress = 1.0
        else:
            rate = learning_rate(progress, step)
            for optimizer, peak in ((muon, args.muon_lr), (adam, args.adam_lr)):
                for group in optimizer.param_groups:
                    group["lr"] = peak * rate
            inputs, targets = batches.next(stage(progress), step)
            with products(args):
                loss = train_loss(model, teacher, inputs) if teacher else train_loss(model, inputs, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(adam.param_groups[0]["params"], 1.0)
            for optimizer in (muon, adam):
                optimizer.step()
                optimizer.zero_grad()
            step, seen = step + 1, seen + inputs.numel()
            losses.append(loss.item())
            now = time.monotonic()
            seconds, clock = seconds + now - clock, now

        stopping = done or step == args.stop_after
        if step % 20 == 0 or stopping:
            entry = dict(step=step, tokens=seen, seconds=round(seconds, 1), progress=round(progress, 4), window=inputs.shape[1] if not done else None, loss=round(sum(losses) / len(losses), 4) if losses else None)  # fmt: skip
            losses = []
            if step % 200 == 0 or stopping:
                entry["held_out"] = round(held_out_loss(model, held, config), 4)
                if teacher:
                    entry["kept"], entry["likeliest"] = (round(x, 4) for x in overlap(model, teacher, held, config))
            print(json.dumps(entry), file=log, flush=True)
            print(json.dumps(entry), flush=True)
        if stopping or clock - saved > args.save_every:
            used = [(kind, T, n) for (kind, T), n in batches.used.items()]
            save(args.checkpoints, dict(step=step, seconds=seconds, tokens=seen, used=used, finished=done, model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict()))  # fmt: skip
            saved = clock
        if stopping:
            break


if __name__ == "__main__":
    main()
