"""Finds the question lines of the seed documents and names each by a hash.

The documents themselves are not part of this repository. A question line is named by the first twelve hex digits of
the SHA-256 of its normalised text, so coverage can be recomputed wherever the documents are at hand.
"""
import hashlib
import re
from pathlib import Path
from typing import NamedTuple


class SeedLine(NamedTuple):
    document: str
    number: int  # line number, from 1
    text: str  # normalised

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def normalise(line: str) -> str:
    """Drops list marks, foot-note marks and links; folds case and white space."""
    line = re.sub(r"\[\^[^\]]*\]", "", line)
    line = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"^\s*(-|\d+\.)\s+", "", line)
    return re.sub(r"\s+", " ", line).strip().lower()


def _bullets(lines, start=0, end=None):
    end = len(lines) if end is None else end
    return [n for n in range(start, end) if re.match(r"- \S", lines[n])]


def _index(lines, prefix):
    return next(n for n, line in enumerate(lines) if line.startswith(prefix))


def _interview_questions(lines):
    return _bullets(lines, 0, _index(lines, "## Sources"))


def _coding_problems(lines):
    formats = range(_index(lines, "## Coding Round Formats") + 1, _index(lines, "### OpenAI Coding Problems"))
    paragraphs = [n for n in formats if re.match(r"\S.* - ", lines[n])]
    numbered = [n for n, line in enumerate(lines) if re.match(r"\d+\. ", line)]
    return sorted({*paragraphs, *numbered, *_bullets(lines, _index(lines, "### ML/DL Coding Topics"))})


def _hundred_questions(lines):
    start = _index(lines, "Behavioral interviews")
    behavioral = _bullets(lines, start, _index(lines, "Domain rounds"))
    numbered = [n for n, line in enumerate(lines) if re.match(r"\d+\. ", line)]
    return sorted({*numbered, *behavioral})


def _mock_interviews(lines):
    return [n - 1 for n, line in enumerate(lines) if "Reveal answer" in line and n > 8]


def _overview(lines):
    start = _index(lines, "How Patterns Map to ML Problems")
    rows = [n for n in range(start, start + 20) if lines[n].startswith("|") and n > start + 2]
    asked = [n for n, line in enumerate(lines) if "Given a stream of model" in line or "How should I prep" in line]
    chapters = [n for n, line in enumerate(lines) if re.match(r"\| \d\d \|", line)]
    return sorted({*rows, *asked, *chapters})


RULES = {
    "interview-questions.md": _interview_questions,
    "coding-problems.md": _coding_problems,
    "hundred-questions-honest-answers.md": _hundred_questions,
    "mock-interviews.md": _mock_interviews,
    "coding-interviews-overview.md": _overview,
}


def question_lines(folder: Path) -> list[SeedLine]:
    """Every question line of every seed document, in order. Fails when a document is missing."""
    found = []
    for name, rule in RULES.items():
        lines = (folder / name).read_text().splitlines()
        found += [SeedLine(name, n + 1, normalise(lines[n])) for n in rule(lines)]
    return found
