"""Instruction pairs for the explainer: a question and notes, answered with sentences of the right note.

A pair is a pure function of (seed, index). The prompt is the explainer's own:

    system     Answer with sentences of the notes.
    user       # <question of a note>          notes in the order of their ids
               sentence                        its evidence, in the file's order
               sentence
                                               an empty line between notes
               # <question of another note>
               …

               Question: <what was asked>
    assistant  sentence sentence In more detail: sentence …

The answer is put together from tokens, not from text, as the decoder's span constraint has it: a sentence's space
before it belongs to its first token. So answering is copying, and the only decision is what to copy.
"""

import random
from dataclasses import dataclass, field

import numpy as np

from bm25 import BM25
from tokenizer import ASSISTANT, BOUNDARY, END, SYSTEM, USER

INSTRUCTION = "Answer with sentences of the notes."
REFUSAL = "The notes do not say."
PLAIN = ""
CONNECTORS = [PLAIN, " In more detail:", " Note also:", " In practice:"]
REFUSALS = 0.1
NOTE_SHARE = 0.7  # the rest is about sections of other text
LONGEST = 2040  # tokens of a pair


@dataclass
class Pair:
    ids: list  # prompt, answer, and sometimes more questions about the same evidence
    answers: list  # (where an answer begins, where it ends)
    choices: list  # (place of an answer's token, the tokens allowed there, how many of them, the first, are right)
    sources: list  # (place of an answer's token, places in the prompt that it may be copied from)
    topics: list = field(default_factory=list)  # (place, places of the title or of the question it is about)
    branches: list | None = None  # for each token its branch (drills.py), 0 for what all branches see
    positions: list | None = None  # for each token its position, where that is not its place


class Spelling:
    """Token ids of texts, remembered."""

    def __init__(self, tokenizer):
        self.tokenizer, self.known = tokenizer, {}

    def __call__(self, text):
        if text not in self.known:
            self.known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.known[text]


def prompt(evidence, question):
    """`evidence`: [(title, sentences)] in canonical order. The chat template is tokenizer.CHAT_TEMPLATE's."""
    return shown(evidence) + asked(question)


def shown(evidence):
    """The prompt up to where the question begins: it is cut before a space, where tokens end too."""
    blocks = "\n\n".join("\n".join([f"# {title}", *sentences]) for title, sentences in evidence)
    return f"{BOUNDARY}{SYSTEM}\n{INSTRUCTION}{END}\n{USER}\n{blocks}\n\nQuestion:"


def asked(question):
    return f" {question}{END}\n{ASSISTANT}\n"


def choices(spans, later, answer, spell, start):
    """(place, allowed tokens) wherever the sentences not yet said part ways. `answer`: indices into `spans`.

    `later`: the same sentences with the space that they have behind another.
    """
    found, place, left = [], start, list(range(len(spans)))
    for turn, (connector, chosen) in enumerate(answer):
        if turn == 1:
            spans = later
        place += len(spell(connector))
        ids, rivals = spans[chosen], left
        for depth, token in enumerate(ids):
            rivals = [r for r in rivals if len(spans[r]) > depth and spans[r][:depth] == ids[:depth]]
            allowed = sorted({spans[r][depth] for r in rivals})
            if len(allowed) > 1:
                found.append((place + depth, [token] + [t for t in allowed if t != token], 1))
        place += len(ids)
        left.remove(chosen)
    return found


def line(ids, span, spell):
    """Where a sentence stands in the prompt as a line of its own."""
    whole, part = (np.array(x, np.uint16).tobytes() for x in (ids, spell("\n") + span + spell("\n")))
    at = whole.find(part)
    while at > 0 and at % 2:
        at = whole.find(part, at + 1)
    return None if at < 0 else at // 2 + 1


def aligned(said, line):
    """(place in a sentence as said, place in its line): the first tokens, and all from which on the two are alike."""
    shift, i = len(line) - len(said), len(said)
    while i > max(0, -shift) and said[i - 1] == line[i - 1 + shift]:
        i -= 1
    return ([(0, 0)] if i > 0 else []) + [(place, place + shift) for place in range(i, len(said))]


def build(spell, evidence, turns):
    """`turns`: [(question, said)]; said: [(connector, sentence)], sentences of the evidence or the refusal alone.

    A second question about the same evidence costs few tokens and is one more decision to learn from.
    """
    texts = list(dict.fromkeys(s for _, sentences in evidence for s in sentences)) + [REFUSAL]
    spans, later = [spell(t) for t in texts], [spell(" " + t) for t in texts]
    pair = Pair([], [], [], [])
    for number, (question, said) in enumerate(turns):
        more = f"{USER}\nQuestion: {question}{END}\n{ASSISTANT}\n"
        pair.ids += spell(more if number else prompt(evidence, question))
        start = len(pair.ids)
        if not number:
            places = {i: place for i, ids in enumerate(spans) if (place := line(pair.ids, ids, spell)) is not None}
        answer = [(connector, texts.index(sentence)) for connector, sentence in said]
        for turn, (connector, chosen) in enumerate(answer):
            pair.ids += spell(connector)
            said_ids = (later if turn else spans)[chosen]
            if (source := places.get(chosen)) is not None:
                same = aligned(said_ids, spans[chosen])
                pair.sources += [(len(pair.ids) + i, [source + j]) for i, j in same]
            pair.ids += said_ids
        pair.choices += choices(spans, later, answer, spell, start)
        pair.ids += spell(END + "\n")
        pair.answers.append((start, len(pair.ids) - 1))
    return pair


# ---- questions by rule -------------------------------------------------------------------------

OPENINGS = ["I have an interview tomorrow. {}", "We discussed this at work and could not agree. {}", "Please help me to understand this: {}", "{} Please explain it in simple words.", "{} I only know the basics.", "My colleague asked me the other day: {}"]  # fmt: skip
ABOUT = ["what is {}", "explain {}", "tell me about {}", "{}", "{}?", "how does {} work"]
FILLER = set("what why how does do is are the a an of to in and or when should you would can which it its for with on that be by from this your i my we not at as if but".split())  # fmt: skip


def terse(question, rng):
    """The words that carry the meaning, as typed into a search box."""
    kept = [w for w in question.strip("?.! ").split() if w.lower().strip(",;:") not in FILLER]
    return " ".join(kept[: rng.randint(3, 7)]) or question


def misspelt(question, rng):
    """Two letters exchanged, one left out or one doubled, in one word of four."""
    out = []
    for word in question.split():
        if len(word) > 3 and rng.random() < 0.25:
            at = rng.randrange(1, len(word) - 1)
            word = rng.choice([word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])  # fmt: skip
        out.append(word)
    return " ".join(out)


def ask(passage, rng):
    """A question for a passage: one of its own, often altered."""
    if passage.turns and rng.random() < 0.2:
        question, before = rng.choice(passage.turns)
        return f"{before} {question}"
    if passage.questions:
        question = rng.choice((passage.title,) + passage.questions * 2)
    else:
        question = rng.choice(ABOUT).format(passage.title)
    change = rng.random()
    if change < 0.15:
        question = terse(question, rng)
    elif change < 0.3:
        question = misspelt(question, rng)
    elif change < 0.4:
        question = rng.choice(OPENINGS).format(question[0].upper() + question[1:])
    return question.lower() if rng.random() < 0.2 else question


# ---- evidence and answers ----------------------------------------------------------------------


class Library:
    """Passages that can be searched: by passage, and by sentence inside one."""

    def __init__(self, passages):
        self.passages = passages
        self.search = BM25([" ".join((p.title,) * 3 + p.questions + p.short + p.more) for p in passages])
        self.inside = {}

    def relevance(self, index, question):
        """A score for each sentence of a passage: its own words', over all its sentences."""
        p = self.passages[index]
        if index not in self.inside:
            self.inside[index] = BM25(p.short + p.more)
        return self.inside[index].scores(question)

    def evidence(self, index, question, count):
        """`count` sentences of a passage, in its order: what answers at once, and what fits the question."""
        p = self.passages[index]
        score = self.relevance(index, question)
        score = score + 2.0 * (np.arange(len(score)) < len(p.short))
        keep = sorted(np.argsort(-score, kind="stable")[:count])
        sentences = p.short + p.more
        return list(dict.fromkeys(sentences[i] for i in keep))


class Pairs:
    """pairs[index, size]: size 0…1 says how much evidence there may be (short pairs first teach faster)."""

    def __init__(self, notes, other, tokenizer, seed):
        self.libraries = [Library(notes), Library(other)]
        self.spell, self.seed = Spelling(tokenizer), seed

    def make(self, index, size):
        rng = random.Random(f"{self.seed} pair {index}")
        library = self.libraries[rng.random() >= NOTE_SHARE]
        right = rng.randrange(len(library.passages))
        passage = library.passages[right]
        question = ask(passage, rng)
        alike = [i for i, p in enumerate(library.passages) if p.title == passage.title]
        near = [i for i in library.search.best(question, 12) if i not in alike]
        rivals = near[: rng.choice([2, 3, 4, 8])]
        rng.shuffle(rivals)
        while len(rivals) < 3:
            if (stray := rng.randrange(len(library.passages))) not in alike + rivals:
                rivals.append(stray)
        refuse = rng.random() < REFUSALS
        shown = rivals[: rng.choice([1, 1, 2] if rng.random() > size else [2, 3, 3])]
        if refuse:
            # The nearest may well answer it too: what stands further down does not.
            shown = shown[:1] + [i for i in library.search.best(question, 40)[12:] if i not in alike][: len(shown) - 1]
        else:
            shown.append(right)
        most = 3 + int(9 * size)
        evidence = {}
        for i in sorted(shown, key=lambda i: library.passages[i].name):
            count = rng.randint(2, most) if i != right else rng.randint(3, most)
            evidence[i] = library.evidence(i, question, count)
        if refuse:
            turns = [(question, [(PLAIN, REFUSAL)])]
        else:
            turns = [(question, self.answer(library, right, question, evidence[right], rng, rng.randint(3, 8)))]
            for i in rng.sample(shown[:-1], min(len(shown) - 1, 2)):
                again = ask(library.passages[i], rng)
                turns.append((again, self.answer(library, i, again, evidence[i], rng, rng.randint(1, 3))))
        blocks = [(library.passages[i].title, sentences) for i, sentences in evidence.items()]
        pair = build(self.spell, blocks, turns)
        return pair if len(pair.ids) <= LONGEST else self.make(index + 1_000_000, size / 2)

    def answer(self, library, index, question, shown, rng, count):
        """The short answer's sentences, then the rest of the evidence that fits best, in the file's order."""
        passage = library.passages[index]
        score = dict(zip(passage.short + passage.more, library.relevance(index, question)))
        short = [s for s in shown if s in passage.short][:count]
        rest = sorted((s for s in shown if s not in passage.short), key=lambda s: -score[s])
        kept = set(rest[: count - len(short)])
        said = [(PLAIN, s) for s in short]
        for s in shown:
            if s in kept:
                said.append((connector(said, len(short), rng), s))
        return said


def connector(said, short, rng):
    """A phrase, more often none."""
    if len(said) == short and said and rng.random() < 0.5:
        return " In more detail:"
    return PLAIN if rng.random() < 0.8 else rng.choice([" In practice:", " Note also:"])
