"""Choosing, and nothing else: many questions about the same notes, each answered only as far as there is a choice.

An answer of pairs.py is a hundred tokens and a handful of decisions; nearly all of it is copying. A drill is the same
prompt with ten or twenty questions behind the same notes, side by side:

    evidence ─┬─ question 1 <assistant> The
              ├─ question 2 <assistant> A cache
              └─ question 3 <assistant> short answer. More         (goes on behind what was said)

Every branch sees the evidence and itself, at the positions it would have alone, so to the model it is a prompt with one
question. Any sentence of the note that was asked about is right: the loss is minus the log of the probability, among
what the span constraint allows, of all tokens that begin one.

A drill is a pure function of (seed, index, size).
"""

import random

from pairs import LONGEST, NOTE_SHARE, Pair, aligned, ask, asked, line, shown

BEHIND_SHORT = 0.35  # share of the branches that go on behind the short answer, which is how the explainer asks


class Drills:
    def __init__(self, libraries, spell, seed, questions=16):
        self.libraries, self.spell, self.seed, self.questions = libraries, spell, seed, questions

    def make(self, index, size):
        rng = random.Random(f"{self.seed} drill {index}")
        library = self.libraries[rng.random() >= NOTE_SHARE]
        places = self.neighbors(library, rng, 2 + round(rng.random() * (2 + 2 * size)))
        most = 2 + round(rng.random() * 8 * size)
        evidence = {}
        for i in sorted(places, key=lambda i: library.passages[i].name):
            p = library.passages[i]
            about = ask(p, rng)
            evidence[i] = library.evidence(i, about, rng.randint(1, most))
        turns = [rng.choice(places) for _ in range(self.questions)]
        turns = [(i, ask(library.passages[i], rng), rng.random() < BEHIND_SHORT) for i in turns]
        blocks = [(library.passages[i].title, sentences) for i, sentences in evidence.items()]
        drill = build(self.spell, blocks, [(list(evidence).index(i), q, said) for i, q, said in turns], [
            len([s for s in sentences if s in library.passages[i].short]) for i, sentences in evidence.items()
        ])  # fmt: skip
        return drill if len(drill.positions) and max(drill.positions) < LONGEST else self.make(index + 1_000_000, size / 2)

    def neighbors(self, library, rng, count):
        """A passage, some that are easily taken for it, and some that are not."""
        first = rng.randrange(len(library.passages))
        near = library.search.best(library.passages[first].title, 12)
        titles, places = {library.passages[first].title}, [first]
        rng.shuffle(near)
        while len(places) < count:
            other = near.pop() if near and rng.random() < 0.5 else rng.randrange(len(library.passages))
            if library.passages[other].title not in titles:
                titles.add(library.passages[other].title)
                places.append(other)
        return places


def build(spell, blocks, turns, shorts):
    """`turns`: [(block, question, goes on behind the short answer)]; `shorts`: how many sentences of each block are it."""
    head = spell.tokenizer.encode(shown(blocks), add_special_tokens=False).ids
    lines, owner = [], []
    for block, (_, sentences) in enumerate(blocks):
        for s in sentences:
            if s not in lines:
                lines.append(s)
                owner.append(block)
    spans, later = [spell(t) for t in lines], [spell(" " + t) for t in lines]
    starts = [line(head, ids, spell) for ids in spans]
    pair = Pair(list(head), [], [], [], [], [0] * len(head), list(range(len(head))))
    for block, (title, _) in enumerate(blocks):
        ids = spell("# " + title)
        if (at := line(head, ids, spell)) is not None:
            wanted = list(range(at + 1, at + len(ids)))
            pair.topics += [(s, wanted) for s, o in zip(starts, owner) if o == block and s is not None]
    for number, (block, question, behind) in enumerate(turns, 1):
        right = [i for i, o in enumerate(owner) if o == block]
        said = right[: shorts[block]] if behind else []
        right = right[len(said) :]
        if not right:
            continue
        asks = spell.tokenizer.encode(asked(question), add_special_tokens=False).ids
        branch = list(asks)
        for turn, i in enumerate(said):
            branch += (later if turn else spans)[i]
        texts = later if said else spans
        same = [dict(aligned(t, o)) if s is not None else {} for t, o, s in zip(texts, spans, starts)]
        left = [i for i in range(len(lines)) if i not in said]
        base, depth = len(pair.ids), 0
        # Along the first right sentence, for as long as a wrong one could still be meant.
        path = texts[right[0]]
        while left and any(i not in right for i in left):
            here = [i for i in left if len(texts[i]) > depth]
            tokens = {texts[i][depth] for i in here}
            good = {texts[i][depth] for i in here if i in right}
            place = base + len(branch) + depth
            if 0 < len(good) < len(tokens):
                pair.choices.append((place, sorted(good) + sorted(tokens - good), len(good)))
                copied = [starts[i] + same[i][depth] for i in here if i in right and depth in same[i]]
                if copied:
                    pair.sources.append((place, copied))
                if not said and depth == 0:
                    pair.topics.append((place - 1, list(range(base, base + len(asks) - 4))))
            if depth == len(path):
                break
            left = [i for i in here if texts[i][depth] == path[depth]]
            right = [i for i in right if i in left]
            depth += 1
        branch += path[:depth]
        pair.ids += branch
        pair.branches += [number] * len(branch)
        pair.positions += range(len(head), len(head) + len(branch))
    return pair
