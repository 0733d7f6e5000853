"""What can be asked about: the corpus's notes, and sections of the training text that look like notes.

The notes teach what the explainer will see. There are only some hundreds of them, and a model can learn them by
heart; thousands of sections of other text keep it honest: only one that looks for the words of the question among
the passages gets those right.
"""

import hashlib
import importlib.util
import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import data

ROOT = Path(__file__).resolve().parents[2]
HELD_BACK_NOTES = 0.1


@dataclass(frozen=True)
class Passage:
    name: str  # a note's id, or document.section
    title: str  # the line after `# ` in the prompt
    questions: tuple  # other ways to ask for it, without the title
    short: tuple  # sentences that answer at once
    more: tuple  # sentences that explain
    turns: tuple = ()  # (question, the turn before it): asked as a follow-up


def notes_module():
    """Tests/Corpus/notes.py: one parser for the tests and for this recipe."""
    spec = importlib.util.spec_from_file_location("notes", ROOT / "Tests" / "Corpus" / "notes.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["notes"] = module
    spec.loader.exec_module(module)
    return module


def is_held_back(note):
    """By the hash of the id: one note in ten takes no part in training, so that something is left to measure with."""
    return int.from_bytes(hashlib.sha256(note.encode()).digest()[:4], "big") < HELD_BACK_NOTES * 2**32


def corpus():
    """Every note as a passage, by id. Its questions are its own, and those of the fixture's tuning half."""
    notes = notes_module()
    asked = {}
    for question in questions("answerable", "tune"):
        for note in question["notes"][:1]:
            asked.setdefault(note, []).append(question)
    found = []
    for path in notes.note_paths():
        note = notes.read(path)
        tuned = asked.get(note.id, [])
        found.append(
            Passage(
                name=note.id,
                title=note.question,
                questions=tuple(note.also_asked) + tuple(q["query"] for q in tuned if "turns" not in q),
                short=tuple(said(notes.sentences(note.sections["Short answer"]))),
                more=tuple(s for h in notes.SECTIONS[1:] for s in said(notes.sentences(note.sections[h]))),
                turns=tuple((q["query"], q["turns"][-1]) for q in tuned if "turns" in q),
            )
        )
    return found


def said(sentences):
    """Without the run-in headings (`**Cost.**`) and the follow-up questions in italics: they say nothing alone."""
    return [s for s in sentences if not re.fullmatch(r"\*+[^*]+\*+", s)]


def questions(kind, split):
    """Lines of the fixture: `kind` answerable, near-miss or foreign; `split` tune or held-out."""
    lines = (ROOT / "Tests" / "Fixtures" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [q for q in map(json.loads, lines) if q["set"] == kind and q["split"] == split]


def prose(passages):
    """The notes as running text, for the language part of the mixture."""
    return [(p.name, f"{p.title}\n\n{' '.join(p.short)}\n\n{' '.join(p.more)}") for p in passages]


# ---- sections of other text --------------------------------------------------------------------

SENTENCE = re.compile(r"(?<=[.!?])[\"”)]*\s+(?=[A-Z“\"])")
LOUD = re.compile(r"^(introduction|overview|summary|conclusion|note|notes|example|examples|usage|installation|references|contents|exercises|discussions)$", re.I)  # fmt: skip


def sections(docs):
    """Headings with at least two sentences of prose under them, and pages of novels under their first words."""
    found = []
    for name, text in docs:
        heading, body, number = None, [], 0

        def close():
            sentences = [s.strip() for s in SENTENCE.split(" ".join(body))]
            sentences = [s for s in sentences if 25 <= len(s) <= 300 and s[-1] in '.!?”"'][:14]
            if heading and len(sentences) >= 2:
                found.append(Passage(f"{name}.{number}", heading, (), tuple(sentences[:2]), tuple(sentences[2:])))

        for paragraph in (p.strip() for p in text.split("\n\n")):
            if match := data.HEADING.match(paragraph):
                close()
                number += 1
                title = re.sub(r"^[\d.]+ +|[*:]+|\{.*\}", "", match[1]).strip()
                heading, body = (None if LOUD.match(title) else title), []
            elif data.is_prose(paragraph):
                body.append(" ".join(paragraph.split()))
        close()
    return found


def write(path, passages):
    """Renamed when whole: a file of this name is complete."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps([asdict(p) for p in passages]), encoding="utf-8")
    part.rename(path)


def read(path):
    lists = json.loads(path.read_text(encoding="utf-8"))
    return [Passage(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}) for fields in lists]
