"""Reads the text, holds out about 1 % of it, derives conversations, and serves windows of tokens.

Every choice is a pure function of the text and a seed: no generator is carried from call to call,
so training that resumes at step n sees what an uninterrupted run sees at step n.
"""

import hashlib
import random
import re
from pathlib import Path

import numpy as np

from tokenizer import BOUNDARY, SPECIAL, render

LONGEST_DOCUMENT = 20_000  # characters; a book is cut into parts of about this length at blank lines
HELD_OUT = 0.01


def documents(folder, limit=None):
    """[(name, text)], name = file#index of the document (.part of a long one), in file order."""
    found, size = [], 0
    for path in sorted(Path(folder).glob("*.txt")):
        for index, text in enumerate(path.read_text(encoding="utf-8").split("<|document|>\n")):
            for special in SPECIAL:  # pages about chat formats spell these out
                text = text.replace(special, "")
            for part, piece in enumerate(parts(text.strip())):
                if len(piece) >= 200:
                    found.append((f"{path.name}#{index}.{part}", piece))
                    size += len(piece)
                    if limit and size > limit:
                        return found
    return found


def parts(text):
    piece = ""
    for paragraph in text.split("\n\n"):
        if piece and len(piece) + len(paragraph) > LONGEST_DOCUMENT:
            yield piece
            piece = ""
        piece += ("\n\n" if piece else "") + paragraph
    yield piece


def is_held_out(name):
    """By the name's hash: about 1 % of the documents, the same ones however the text grows."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < HELD_OUT * 2**32


def split(docs):
    return [d for d in docs if not is_held_out(d[0])], [d for d in docs if is_held_out(d[0])]


# ---- conversations derived from the text -------------------------------------------------------

HEADING = re.compile(r"^#{1,5} +([^\n]{3,60})$")
TITLE = re.compile(r"^[A-Z][^\n.!?:;|`$#*]{4,50}$")
DEFINITION = re.compile(r"^((?:The |An? )?[A-Z][\w\-/ ]{2,40}?) (is|are) (?:an?|the|used|one) ")
ABOUT = ["Tell me about {}.", "Explain {}.", "What can you say about {}?", "Write a short paragraph about {}.", "{}", "What should I know about {}?"]
STORY = ["Tell me the story of {}.", "Tell me about {}.", "Write a short story called {}."]
GO_ON = ["Continue: {}", "Go on: {}", "What comes next? {}"]
SYSTEMS = ["You are a helpful assistant.", "You are Swiftlet, a small language model.", "Answer in a few sentences."]

# Written for this recipe: what a first visitor types.
GREETINGS = [
    (["Hello", "Hello!", "Hi", "Hi!", "Hey", "Hi there!", "Good morning!", "Hello there"], "Hello! What would you like to read about?"),
    (["How are you?", "Hello, how are you?", "How do you do?"], "I am well, thank you. What would you like to read about?"),
    (["Who are you?", "What are you?", "What is your name?", "Tell me about yourself.", "What is Swiftlet?"], "I am Swiftlet, a small language model of about five million parameters. I write fluent sentences, but I know very little, so please check what I say."),
    (["What can you do?", "How can you help me?", "Help", "What can I ask you?"], "I can continue a text or write a short paragraph about a subject. I am very small, so please do not take my sentences for facts."),
    (["Are you ChatGPT?", "Are you a human?", "Who made you?"], "No person is writing this: I am Swiftlet, a small language model that was trained on free books and documentation."),
    (["Thank you", "Thanks!", "Thank you very much.", "Thanks"], "You are welcome."),
    (["Goodbye", "Bye!", "Bye", "See you later."], "Goodbye, and come back soon."),
]  # fmt: skip


def is_prose(paragraph):
    return (
        100 <= len(paragraph) <= 900
        and paragraph[0].isupper()
        and paragraph[-1] in '.!?”"'
        and not re.search(r"[|$`\\{}]|https?:|<\w", paragraph)
        and sum(ch.isalpha() or ch == " " for ch in paragraph) > 0.9 * len(paragraph)
    )


def shorten(paragraph, longest=600):
    """Unwraps lines and ends at the last sentence that fits."""
    text = re.sub(r"\s+", " ", paragraph)
    if len(text) > longest:
        cut = max(text.rfind(". ", 0, longest), text.rfind("? ", 0, longest), text.rfind(".” ", 0, longest) + 1)
        text = text[: cut + 1] if cut > 60 else ""
    return text


def pairs(text, rng):
    """Yields (user turn, assistant turn) from one document."""
    paragraphs = [p.strip() for p in text.split("\n\n")]
    for before, paragraph in zip([""] + paragraphs, paragraphs):
        if not is_prose(paragraph):
            continue
        answer = shorten(paragraph)
        if not answer:
            continue
        heading, title = HEADING.match(before), TITLE.match(before)
        definition = DEFINITION.match(answer)
        if definition and rng.random() < 0.8:
            subject, verb = definition.groups()
            if subject not in ("This", "That", "It", "There", "These", "Those", "They", "The following", "Here"):
                subject = re.sub(r"^(The|An|A) ", lambda m: m.group().lower(), subject)
                yield f"What {verb} {subject}?", answer
        elif heading:
            topic = re.sub(r"^[\d.]+ +|\*+|:$", "", heading.group(1)).strip()
            if topic.endswith("?"):
                yield topic, answer
            elif topic.startswith("How to "):
                yield f"How do I {topic[7:]}?", answer
            elif topic:
                yield rng.choice(ABOUT).format(topic), answer
        elif title:
            yield rng.choice(STORY).format(title.group()), answer
        elif rng.random() < 0.15 and is_prose(before) and (tail := shorten(before, 200)):
            yield rng.choice(GO_ON).format(tail), answer


def conversations(docs, seed):
    """Chat-formatted texts: 1-3 turns of one document, or a greeting; some with a system message."""
    out = []
    for name, text in docs:
        rng = random.Random(f"{seed} {name}")
        found = list(pairs(text, rng))
        while found:
            turns = [found.pop(0) for _ in range(min(len(found), rng.choice([1, 1, 1, 2, 3])))]
            out.append(conversation(turns, rng))
    rng = random.Random(f"{seed} greetings")
    for _ in range(max(20, len(out) // 12)):
        turns = [(rng.choice(users), answer) for users, answer in rng.sample(GREETINGS, rng.choice([1, 1, 2]))]
        out.append(conversation(turns, rng))
    rng.shuffle(out)
    return out


def conversation(turns, rng):
    messages = []
    if rng.random() < 0.2:
        messages.append(dict(role="system", content=rng.choice(SYSTEMS)))
    for user, assistant in turns:
        messages += [dict(role="user", content=user), dict(role="assistant", content=assistant)]
    return render(messages)


# ---- tokens ------------------------------------------------------------------------------------


def tokens(tokenizer, texts):
    ids = [np.array(e.ids, np.uint16) for e in tokenizer.encode_batch_fast(texts)]
    return np.concatenate(ids)


def plain_tokens(tokenizer, docs, seed):
    docs = docs[:]
    random.Random(f"{seed} order").shuffle(docs)
    return tokens(tokenizer, [BOUNDARY + text for _, text in docs])


class Windows:
    """All windows of T + 1 tokens, each once a pass, in an order that depends on (seed, T, pass)."""

    def __init__(self, ids, T, seed):
        self.ids, self.T, self.seed = ids, T, seed
        self.count = (len(ids) - 1) // T - 1  # one window less leaves room for the pass's shift
        assert self.count > 0, f"{len(ids)} tokens are too few for windows of {T}"
        self.made_for = None

    def __getitem__(self, index):
        turn, place = divmod(index, self.count)
        if self.made_for != turn:
            rng = np.random.default_rng([self.seed, self.T, turn])
            self.shift, self.order, self.made_for = int(rng.integers(self.T)), rng.permutation(self.count), turn
        start = self.shift + int(self.order[place]) * self.T
        return self.ids[start : start + self.T + 1]
