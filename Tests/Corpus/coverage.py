#!/usr/bin/env python3
"""Checks that every question of the seed documents has an answer, and that no sentence was copied from them.

    coverage.py [--seeds FOLDER] [--partial]

`Sources/Explainer/Corpus/coverage.json` names each question line of the seeds by a hash, with a rephrasing (the question of the
first note that answers it) and the ids of its notes. The check fails on a line that the file lacks or that no existing note
answers; `--partial` only counts the unanswered ones, while the corpus grows. Without the seeds only the file itself is checked.
"""
import argparse
import json
import re
import sys
from pathlib import Path

from notes import CORPUS, ROOT, note_paths, plain, read
from seeds import RULES, question_lines

COVERAGE = CORPUS / "coverage.json"
SHINGLE = 10  # words in a row that count as copied


def shingles(text):
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i:i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def copied(notes, folder):
    seeds = set()
    for name in RULES:
        for line in (folder / name).read_text().splitlines():
            seeds |= shingles(line)
    for note in notes:
        for text in (note.question, *note.also_asked, plain(note.body)):
            for shingle in shingles(text) & seeds:
                yield f"{note.id}: copied from a seed: {' '.join(shingle)!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=Path, default=None, help="folder of the seed documents (default: ../shared/seeds)")
    parser.add_argument("--partial", action="store_true", help="count unanswered lines instead of failing on them")
    options = parser.parse_args()

    notes = [read(path) for path in note_paths()]
    known = {note.id for note in notes}
    entries = json.loads(COVERAGE.read_text())["lines"]
    faults, unanswered = [], []
    for entry in entries:
        if not entry["notes"]:
            faults.append(f"{entry['hash']}: no note named")
        if not known.intersection(entry["notes"]):
            unanswered.append(f"{entry['hash']}: {entry['asks']} ({', '.join(entry['notes'])})")
    hashes = [entry["hash"] for entry in entries]
    if len(hashes) != len(set(hashes)):
        faults.append("a hash occurs twice")

    places = [options.seeds] if options.seeds else [ROOT.parent / "shared" / "seeds", ROOT.parent.parent / "shared" / "seeds"]
    folder = next((place for place in places if place and place.is_dir()), None)
    if folder is None and options.seeds:
        sys.exit(f"coverage: no folder {options.seeds}")
    if folder is None:
        print("coverage: the seed documents are not at hand; checked the file alone", file=sys.stderr)
    else:
        lines = question_lines(folder)
        missing = {line.digest: line for line in lines if line.digest not in set(hashes)}
        faults += [f"{line.document}:{line.number}: not in coverage.json ({digest})" for digest, line in missing.items()]
        faults += [f"{digest}: no seed line has this hash" for digest in set(hashes) - {line.digest for line in lines}]
        faults += copied(notes, folder)

    if not options.partial:
        faults += [f"unanswered: {line}" for line in unanswered]
    for fault in faults:
        print(fault)
    print(f"{len(entries)} questions, {len(entries) - len(unanswered)} answered, {len(unanswered)} open, {len(faults)} faults",
          file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
