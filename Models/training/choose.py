"""How often does the model pick sentences of a right note? The span constraint, simulated.

    python choose.py --model ../swiftlet-5m                       # 40 questions of each set
    python choose.py --model ../swiftlet-5m --baseline OLD        # and the same for another model

Two sets, neither of which training saw: `questions` are the fixture's held-out half, about notes that training
knew; `notes` are questions of any kind about notes that were held back whole (passages.is_held_back). Each question
comes with the right note and three others that BM25 finds for it (hard negatives), six sentences of each. Then a
sentence is chosen, it is appended to the answer, the next one is chosen, and so on:

    greedy     the likeliest token among those that the constraint allows, and so on to the sentence's end
    gain       the sentence whose mean log probability a token rises most when the question is there
    bm25       the sentences in the order of BM25 against the question
    first      the sentences of the note that BM25 puts first, in order
    random     what chance gives

`first` = share of first sentences that are a right note's, `all` = share of all that were chosen.
"""

import argparse
import copy
import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import passages
from bm25 import BM25
from evaluate import load
from model import Llama, rotate
from pairs import Library, Spelling, prompt
from train import HERE

NOTES, PER_NOTE = 4, 6
POSITIONS = 2048
RULES = ("greedy", "gain")


def cases(split, limit, seed):
    """[(question, ids of right notes)] in a random order that the seed fixes."""
    known = {p.name: p for p in passages.corpus()}
    found = []
    if split == "questions":
        for q in passages.questions("answerable", "held-out"):
            if not any(map(passages.is_held_back, q["notes"])):
                found.append((" ".join(q.get("turns", [])[-1:] + [q["query"]]), q["notes"]))
    else:
        for half in ("tune", "held-out"):
            for q in passages.questions("answerable", half):
                if all(map(passages.is_held_back, q["notes"])):
                    found.append((" ".join(q.get("turns", [])[-1:] + [q["query"]]), q["notes"]))
        for note in filter(passages.is_held_back, known):
            found += [(question, [note]) for question in known[note].questions]
        found = list({question: (question, right) for question, right in found}.values())
    random.Random(f"{seed} cases").shuffle(found)
    return found[:limit]


class Cache:
    """Keys and values of what was read, layer by layer; candidates are read behind it and forgotten."""

    def __init__(self, model):
        self.model, self.past, self.last = model, None, None

    def read(self, ids, positions, sees):
        """Hidden states [T, D] and new keys and values; `sees` [T, T] among the new tokens, all of the past is seen."""
        model, c = self.model, self.model.config
        cos, sin = model.cos[positions], model.sin[positions]
        x = model.model.embed_tokens(ids)
        old = 0 if self.past is None else self.past[0][0].shape[1]
        mask = torch.cat([torch.ones(len(ids), old, dtype=torch.bool), sees], dim=1)
        made = []
        for index, layer in enumerate(model.model.layers):
            a, h = layer.self_attn, layer.input_layernorm(x)
            q = rotate(a.q_proj(h).view(-1, c.heads, c.head_width).transpose(0, 1), cos, sin)
            k = rotate(a.k_proj(h).view(-1, c.kv_heads, c.head_width).transpose(0, 1), cos, sin)
            v = a.v_proj(h).view(-1, c.kv_heads, c.head_width).transpose(0, 1)
            made.append((k, v))
            if self.past is not None:
                k, v = (torch.cat([o, n], dim=1) for o, n in zip(self.past[index], (k, v)))
            k, v = (t.repeat_interleave(c.heads // c.kv_heads, dim=0) for t in (k, v))
            y = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]
            x = x + a.o_proj(y.transpose(0, 1).reshape(len(ids), -1))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return model.model.norm(x), made

    def append(self, made, at=slice(None)):
        new = [(k[:, at], v[:, at]) for k, v in made]
        self.past = new if self.past is None else [
            tuple(torch.cat([o, n], dim=1) for o, n in zip(*pair)) for pair in zip(self.past, new)
        ]  # fmt: skip

    def start(self, ids):
        T = len(ids)
        states, made = self.read(torch.tensor(ids), torch.arange(T), torch.ones(T, T, dtype=torch.bool).tril())
        self.append(made)
        self.last = states[-1]

    def candidates(self, spans):
        """For each span its tokens' log probabilities [length, vocabulary] and how to keep it."""
        begin = self.past[0][0].shape[1]
        ids, positions, owner = [], [], []
        for number, span in enumerate(spans):
            ids += span
            positions += range(begin, begin + len(span))
            owner += [number] * len(span)
        owner = torch.tensor(owner)
        sees = (owner[:, None] == owner[None]).tril()
        states, made = self.read(torch.tensor(ids), torch.tensor(positions), sees)
        found, place = [], 0
        for span in spans:
            end = place + len(span)
            before = torch.cat([self.last[None], states[place : end - 1]])
            found.append(F.log_softmax(F.linear(before, self.model.model.embed_tokens.weight), dim=-1))
            place = end
        return found, (states, made)

    def keep(self, spans, chosen, read):
        place = sum(len(s) for s in spans[:chosen])
        end = place + len(spans[chosen])
        states, made = read
        self.append(made, slice(place, end))
        self.last = states[end - 1]


def mean(tables, spans):
    return np.array([t[range(len(s)), s].mean().item() for t, s in zip(tables, spans)])


def greedy(tables, spans):
    """Follows the likeliest allowed token until one span is left, or one has ended."""
    left, depth = list(range(len(spans))), 0
    while len(left) > 1 and all(len(spans[i]) > depth for i in left):
        best = max(left, key=lambda i: tables[i][depth, spans[i][depth]].item())
        left = [i for i in left if spans[i][depth] == spans[best][depth]]
        depth += 1
    return left[0]


@torch.no_grad()
def prepared(model, spell, blocks, question):
    """The prompt read once with the question and once without it: what all rules begin with."""
    caches = [Cache(model), Cache(model)]
    for cache, asked in zip(caches, (question, "")):
        cache.start(spell(prompt(blocks, asked)))
    return caches


@torch.no_grad()
def answer(caches, spell, texts, sentences, rule):
    """Places of the chosen sentences in the evidence, best first."""
    caches = [copy.copy(cache) for cache in (caches if rule == "gain" else caches[:1])]
    left, said = list(range(len(texts))), []
    while left and len(said) < sentences:
        spans = [spell((" " if said else "") + texts[i]) for i in left]
        read = [cache.candidates(spans) for cache in caches]
        tables = [table for table, _ in read]
        if rule == "greedy":
            chosen = greedy(tables[0], spans)
        else:
            score = mean(tables[0], spans) - (mean(tables[1], spans) if rule == "gain" else 0)
            chosen = int(np.argmax(score))
        for cache, (_, kept) in zip(caches, read):
            cache.keep(spans, chosen, kept)
        said.append(left.pop(chosen))
    return said


def shares(order, right):
    """(is the first a right note's, share of all)"""
    return float(right[order[0]]), float(np.mean([right[i] for i in order]))


def measure(models, limit, sentences, seed):
    library = Library(passages.corpus())
    place = {p.name: i for i, p in enumerate(library.passages)}
    for split in ("questions", "notes"):
        found = {}
        for question, right in cases(split, limit, seed):
            rivals = [i for i in library.search.best(question, 12) if library.passages[i].name not in right]
            ranked = library.search.scores(question)
            shown = sorted([place[right[0]], *rivals[: NOTES - 1]], key=lambda i: library.passages[i].name)
            blocks = [(library.passages[i].title, library.evidence(i, question, PER_NOTE)) for i in shown]
            owner = [i for i, (_, lines) in zip(shown, blocks) for _ in lines]
            texts = [s for _, lines in blocks for s in lines]
            is_right = [library.passages[i].name in right for i in owner]
            score = BM25(texts).scores(question)
            best = max(shown, key=lambda i: ranked[i])
            note("random", [float(np.mean(is_right))] * 2, found)
            note("bm25", shares(np.argsort(-score, kind="stable")[:sentences], is_right), found)
            note("first", shares([n for n, i in enumerate(owner) if i == best][:sentences], is_right), found)
            for name, (model, spell) in models.items():
                caches = prepared(model, spell, blocks, question)
                for rule in RULES:
                    order = answer(caches, spell, texts, sentences, rule)
                    note(f"{name} {rule}", shares(order, is_right), found)
        for name, values in found.items():
            first, every = np.mean(values, axis=0)
            print(json.dumps(dict(set=split, count=len(values), rule=name, first=round(first, 3), all=round(every, 3))), flush=True)  # fmt: skip


def stretched(folder):
    """The exported model with room for these prompts, whatever context it was trained for."""
    model, tokenizer, _ = load(folder)
    longer = Llama(dataclasses.replace(model.config, positions=max(POSITIONS, model.config.positions)))
    longer.load_state_dict(model.state_dict())
    return longer.eval(), Spelling(tokenizer)


def note(name, pair, found):
    found.setdefault(name, []).append(pair)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", type=Path, default=HERE.parent / "swiftlet-5m")
    a.add_argument("--baseline", type=Path)
    a.add_argument("--limit", type=int, default=40, help="questions of each set")
    a.add_argument("--sentences", type=int, default=4)
    a.add_argument("--seed", type=int, default=1)
    args = a.parse_args()
    torch.set_num_threads(2)
    models = {}
    for name, folder in (("model", args.model), ("baseline", args.baseline)):
        if folder:
            models[name] = stretched(folder)
    measure(models, args.limit, args.sentences, args.seed)


if __name__ == "__main__":
    main()
