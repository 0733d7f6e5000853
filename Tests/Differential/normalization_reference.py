#!/usr/bin/env python3
"""Writes the canonical forms of many hard strings by Python's unicodedata, for the test `Differential run`.

    Tests/Differential/normalization_reference.py OUT --count 1000000
    SWIFTLET_DIFFERENTIAL=OUT swift test -c release --filter 'Differential run/agrees_with_Python'

Every assigned character by itself, then random strings of what normalization is about: combining marks, characters
with decompositions and their parts, Hangul. Python's tables are older than Swift's, so only what they know is asked.
"""
import argparse, json, pathlib, random, unicodedata

# Each is two marks: the hardest to put in order.
PAIRS = [0x344, 0xF73, 0xF75, 0xF81]


def strings(count):
    rng = random.Random(1)
    assigned = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
    yield from assigned
    marks = [character for character in assigned if unicodedata.combining(character)]
    composed = [character for character in assigned if unicodedata.normalize("NFD", character) != character]
    parts = sorted({part for character in composed for part in unicodedata.normalize("NFD", character)})
    pool = marks + composed + 3 * parts + [chr(code) for code in range(0x1100, 0x1200)] + 20 * list(map(chr, PAIRS))
    for _ in range(count):
        yield "".join(rng.choices(pool, k=rng.randrange(2, 7)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--count", type=int, default=1_000_000)
    arguments = arguments.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    total = 0
    with open(arguments.out / "normalization.jsonl", "w", encoding="utf-8") as file:
        for text in strings(arguments.count):
            forms = [text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)]
            file.write(json.dumps(forms, ensure_ascii=False, separators=(",", ":")) + "\n")
            total += 1
    print(total, "strings, Unicode", unicodedata.unidata_version)


if __name__ == "__main__":
    main()
