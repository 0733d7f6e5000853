#!/usr/bin/env python3
"""Checks the evaluation sets in Tests/Fixtures, one JSON object a line: questions.jsonl, and beside it three that are not
halved: conversations.jsonl (follow-ups), foreign.jsonl and foreign-short.jsonl.

    questions.py

    id      a letter and three or four digits, unique
    query   what the person types now; turns: what the person asked before (follow-ups only)
    style   one of STYLES; set: answerable, foreign or near-miss; split: tune or held-out
    notes   the notes that answer it, best first; empty unless the set is answerable

A query must not repeat a note's `question`, `also_asked` or `asked_plainly`: neither a sentence of theirs nor RUN words in a row.
"""
import json
import re
import sys
from collections import Counter
from pathlib import Path

from notes import ROOT, NoteError, note_paths, read

FOLDER = ROOT / "Tests" / "Fixtures"
HALVED, WHOLE = "questions.jsonl", ["conversations.jsonl", "foreign.jsonl", "foreign-short.jsonl"]
STYLES = ["terse", "wordy", "vague", "misspelled", "double", "follow-up", "plain"]
AT_LEAST = {"answerable": 600, "foreign": 100, "near-miss": 100}
SPLITS = ["tune", "held-out"]
UNEVEN = 0.1  # how far, as a share of a set, the two splits may differ
RUN = 6  # words in a row that count as repeated

TYPES = {"id": str, "query": str, "style": str, "turns": list, "notes": list, "set": str, "split": str}


def words(text):
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def runs(text):
    """Every RUN words in a row, and every whole sentence of two words or more."""
    found = set()
    for sentence in re.split(r"[.?!]+(?:\s|$)", text):
        found.add(words(sentence))
    all_words = words(text)
    found.update(all_words[i:i + RUN] for i in range(len(all_words) - RUN + 1))
    return {run for run in found if len(run) > 1}


def load(text, file=HALVED):
    """The entries with their places, and the faults of lines that are no JSON objects of the right form."""
    entries, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{file}:{number}"
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            faults.append(f"{place}: no JSON: {error.msg}")
            continue
        if isinstance(entry, dict):
            entry.setdefault("turns", [])
        if not isinstance(entry, dict) or {key: type(value) for key, value in entry.items()} != TYPES:
            faults.append(f"{place}: expected an object with {', '.join(TYPES)}, texts and lists")
        elif not all(isinstance(item, str) and item.strip() for item in [entry["query"], *entry["turns"], *entry["notes"]]):
            faults.append(f"{place}: an empty text, or an item that is no text")
        else:
            entries.append((place, entry))
    return entries, faults


def entry_faults(entry, known):
    """What is wrong with one entry; `known` holds the ids of all notes."""
    if not re.fullmatch(r"[a-z]\d{3,4}", entry["id"]):
        yield f"id {entry['id']!r} is not a letter and three or four digits"
    for key, allowed in [("style", STYLES), ("set", AT_LEAST), ("split", SPLITS)]:
        if entry[key] not in allowed:
            yield f"{key} {entry[key]!r} is none of {', '.join(allowed)}"
    if (entry["style"] == "follow-up") != bool(entry["turns"]):
        yield "previous turns belong to follow-ups, and only to them"
    if (entry["set"] == "answerable") != bool(entry["notes"]):
        yield "notes belong to answerable queries, and only to them"
    if entry["set"] == "answerable" and entry["style"] == "double" and len(entry["notes"]) < 2:
        yield "a double question needs two notes"
    if len(set(entry["notes"])) != len(entry["notes"]):
        yield "a note is named twice"
    for name in entry["notes"]:
        if name not in known:
            yield f"no note {name!r}"


def repetition_faults(entries, notes):
    """Queries asked twice, and queries in the words of a note."""
    owners = {run: note.id for note in notes
              for text in (note.question, *note.also_asked, *note.asked_plainly) for run in runs(text)}
    seen = {}
    for place, entry in entries:
        key = tuple(words(text) for text in (entry["query"], *entry["turns"]))
        if key in seen:
            yield f"{place}: same query as {seen[key]}"
        seen.setdefault(key, entry["id"])
        for run in sorted(run for text in (entry["query"], *entry["turns"]) for run in runs(text) if run in owners):
            yield f"{place}: {' '.join(run)!r} stands in {owners[run]}"


def count_faults(entries):
    """Too few queries of a set, or splits that are not about half and half."""
    for name, least in AT_LEAST.items():
        splits = Counter(entry["split"] for _, entry in entries if entry["set"] == name)
        total = splits.total()
        if total < least:
            yield f"{total} {name} queries, at least {least} are wanted"
        if abs(splits["tune"] - splits["held-out"]) > max(1, UNEVEN * total):
            yield f"{name}: {splits['tune']} for tuning and {splits['held-out']} held out are not half and half"


def check(text, notes, counts=True, more=()):
    """All faults of the file's `text`, and the entries that could be read.

    - counts: hold it to the numbers above
    - more: (name, text) of files that are not held to them
    """
    entries, faults = load(text)
    own = list(entries)
    for file, other in more:
        found, wrong = load(other, file)
        entries, faults = entries + found, faults + wrong
    known = {note.id for note in notes}
    for place, entry in entries:
        faults += [f"{place}: {fault}" for fault in entry_faults(entry, known)]
    for name, count in Counter(entry["id"] for _, entry in entries).items():
        if count > 1:
            faults.append(f"id {name} occurs {count} times")
    faults += repetition_faults(entries, notes)
    if counts:
        faults += count_faults(own)
    return entries, faults


def committed():
    """The check of the files in the repository."""
    text, *more = [(FOLDER / name).read_text(encoding="utf-8") for name in [HALVED, *WHOLE]]
    return check(text, [read(path) for path in note_paths()], more=list(zip(WHOLE, more)))


def main():
    try:
        entries, faults = committed()
    except NoteError as error:
        sys.exit(f"a note cannot be read: {error}")
    for fault in faults:
        print(fault)
    for name in AT_LEAST:
        of_set = [entry for _, entry in entries if entry["set"] == name]
        styles = Counter(entry["style"] for entry in of_set)
        print(f"{name}: {len(of_set)} ({', '.join(f'{styles[style]} {style}' for style in STYLES if styles[style])})")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
