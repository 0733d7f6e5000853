"""Reads the notes: a front matter in a small strict language, then five sections of Markdown.

Grammar of the front matter, between two lines `---`; every key once, in the order of KEYS:
    key: value            the rest of the line, literally
    key: [a, b] / []      a list of words without commas
    key:                  a list of free text,
      - value             one item a line, two spaces deep
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "Sources" / "Explainer" / "Corpus"

SCALARS = {"id", "question", "topic", "level", "kind"}
KEYS = ["id", "question", "also_asked", "asked_plainly", "topic", "level", "kind", "prerequisites", "see_also", "sources", "code", "arithmetic"]
SECTIONS = ["Short answer", "Explanation", "What interviewers probe", "Common mistakes", "Follow-ups"]


class NoteError(Exception):
    """A note that cannot be read: the line and what was expected there."""


@dataclass
class Note:
    path: Path
    fields: dict = field(default_factory=dict)
    sections: dict = field(default_factory=dict)  # heading -> text

    def __getattr__(self, name):
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def body(self) -> str:
        return "\n".join(self.sections.values())


def _front_matter(lines):
    fields, number = {}, 1
    while number < len(lines) and lines[number] != "---":
        line = lines[number]
        match = re.fullmatch(r"([a-z_]+):(?: (.*))?", line)
        if not match:
            raise NoteError(f"line {number + 1}: expected 'key: value', found {line!r}")
        key, value = match.groups()
        if key in fields or key not in KEYS:
            raise NoteError(f"line {number + 1}: {'second' if key in fields else 'unknown'} key {key!r}")
        number += 1
        if key in SCALARS:
            if not value:
                raise NoteError(f"line {number}: {key} needs a value")
            fields[key] = value
        elif value is not None:
            flow = re.fullmatch(r"\[(.*)\]", value)
            if not flow:
                raise NoteError(f"line {number}: {key} needs a list")
            fields[key] = [item.strip() for item in flow[1].split(",") if item.strip()]
        else:
            items = []
            while number < len(lines) and lines[number].startswith("  - "):
                items.append(lines[number][4:])
                number += 1
            if not items:
                raise NoteError(f"line {number}: {key} has no items (write [] for none)")
            fields[key] = items
    if number == len(lines):
        raise NoteError("the front matter has no closing '---'")
    if list(fields) != KEYS:
        raise NoteError(f"keys must be {', '.join(KEYS)}, in this order")
    return fields, number + 1


def _sections(lines, start):
    sections, heading, fenced = {}, None, False
    for number in range(start, len(lines)):
        line = lines[number]
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and line.startswith("#"):
            heading = line.removeprefix("## ")
            if heading in sections or heading not in SECTIONS:
                raise NoteError(f"line {number + 1}: unexpected heading {line!r}")
            sections[heading] = []
        elif heading is None:
            if line.strip():
                raise NoteError(f"line {number + 1}: text before the first heading")
        else:
            sections[heading].append(line)
    if fenced:
        raise NoteError("a code fence is not closed")
    if list(sections) != SECTIONS:
        raise NoteError(f"sections must be {', '.join(SECTIONS)}, in this order")
    return {heading: "\n".join(text).strip("\n") for heading, text in sections.items()}


def read(path: Path) -> Note:
    text = path.read_text(encoding="utf-8")
    if "\t" in text or "\r" in text:
        raise NoteError("tabs and carriage returns are not allowed")
    if not text.endswith("\n") or text.endswith("\n\n"):
        raise NoteError("the file must end with exactly one newline")
    lines = text.rstrip("\n").split("\n")
    for number, line in enumerate(lines):
        if line != line.rstrip():
            raise NoteError(f"line {number + 1}: trailing space")
    if lines[0] != "---":
        raise NoteError("line 1: expected '---'")
    fields, start = _front_matter(lines)
    return Note(path, fields, _sections(lines, start))


def note_paths(corpus: Path = CORPUS) -> list[Path]:
    return sorted(path for path in corpus.glob("*/*.md") if path.name != "README.md")


# MARK: prose

ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|etc|vs|al|cf|approx|Fig|Eq|No|Dr|Mr|St)\.$")


def prose(text: str) -> str:
    """The text without code blocks, tables and quoted formulas: what a reader reads as sentences."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    text = "\n".join(line for line in text.split("\n") if not line.startswith(("|", "    ", "$$")))
    return text


def plain(text: str) -> str:
    """Prose without Markdown marks; inline code becomes one word each."""
    text = re.sub(r"`[^`]*`", "code", text)
    return re.sub(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}", "", text)


def sentences(text: str) -> list[str]:
    found = []
    for paragraph in re.split(r"\n(?=\s*(?:- |\d+\. ))|\n\s*\n", prose(text)):
        paragraph = re.sub(r"^\s*(?:- |\d+\. )", "", " ".join(paragraph.split()))
        start = 0
        for match in re.finditer(r"[.!?:][\"')*]*\s+(?=[\"'(*`]*[A-Z0-9`])", paragraph):
            piece = paragraph[start:match.end()].strip()
            if match.group()[0] == ":" or ABBREVIATIONS.search(piece.rstrip("*\"')")):
                continue
            found.append(piece)
            start = match.end()
        rest = paragraph[start:].strip()
        if rest:
            found.append(rest)
    return found


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9][A-Za-z0-9'’.,%-]*", plain(prose(text)))
