#!/usr/bin/env python3
"""Checks the notes: schema, ids and links, arithmetic, style, duplicates.

    lint.py [FILES…] [--links] [--code]

With FILES, reports only their faults (all notes are still read, for links and duplicates). `--links` and `--code` make
links to notes, and paths to sources, that do not exist yet into faults; without them they are counted as pending.
"""
import argparse
import re
import sys
from collections import defaultdict
from itertools import combinations

import arithmetic
from notes import CORPUS, ROOT, NoteError, note_paths, plain, prose, read, sentences, words

LEVELS = {"junior", "senior", "staff"}
KINDS = {"concept", "design", "coding", "behavioural"}
BOUNDS = {"Short answer": (30, 95), "What interviewers probe": (20, 90), "Common mistakes": (25, 120)}
LONGEST_SENTENCE = 40
MEAN_SENTENCE = 24

FILLER = [
    "important to note", "worth noting", "in conclusion", "in summary", "in today's", "needless to say", "at the end of the day",
    "delve", "crucial", "leverage", "leveraging", "robust", "seamless", "game changer", "game-changer", "plays a role", "play a role",
    "plays a key", "plays a vital", "vital role", "a wide range of", "a variety of", "various", "cutting-edge", "state-of-the-art",
    "unlock", "harness", "holistic", "paradigm", "synergy", "utilize", "in order to", "due to the fact", "it should be noted",
    "basically", "essentially", "actually", "simply put", "very", "quite", "really", "obviously", "of course", "clearly",
    "as above", "see above", "see below", "as mentioned", "the former", "the latter", "let's", "dive into", "deep dive into",
]
BRITISH = re.compile(
    r"\b(\w{3,}(?:isations?|ised|ising|isers?)|(?:quant|token|normal|optim|summar|general|serial|recogn|initial|organ|special|parallel"
    r"|minim|maxim|prior|vector|emphas|standard|regular|factor|memor|author|categor|penal)ise|behaviours?|colou?red(?<=oured)|colours?"
    r"|favou?r(?<=our)|neighbours?|neighbouring|centre[sd]?|fibre|catalogue|artefacts?|programmes?|licence|modell(?:ed|ing)"
    r"|labell(?:ed|ing)|cancell(?:ed|ing)|travell(?:ed|ing)|grey|towards|whilst|amongst|analyse[sd]?|learnt|defence)\b", re.I)
NOT_BRITISH = {"raised", "advised", "revised", "supervised", "unsupervised", "comprised", "promised", "exercised", "surprised", "rising",
               "raising", "arising", "advising", "promising", "surprising", "exercising", "compromised", "compromising", "noised",
               "denoised", "denoising", "noising", "premised", "advertised", "advertising", "revising", "supervising", "devised",
               "devising", "disguised", "improvised", "poised", "praised"}
VERBS = (r"is|are|was|were|has|have|had|does|do|did|can|could|will|would|may|might|must|should|means?|makes?|gives?|lets?|keeps?"
         r"|costs?|takes?|turns?|happens|works?|follows|shows?|saves?|avoids?|allows?|requires?|needs?|leads?|helps?|explains?")
LOOSE_START = re.compile(rf"^[\"'(*]*(?:(?:It|They|He|She|Them|Its|Their)\b|(?:This|That|These|Those|Both|Neither|Such)\s+(?:also |only |then |often )?(?:{VERBS})\b)")
LEADS = {
    "system-design": ["Requirements", "Numbers", "Design", "Failure modes", "Evaluation", "Trade-offs"],
    "coding": ["Complexity", "Edge cases"], "ml-coding": ["Complexity", "Edge cases"],
    "behavioural": ["What is tested", "Structure", "Evidence"],
}
STOP = set("a an the of to in on for and or is are do does did how what why when which who where with without between from by as at be "
           "it its that this you your i my we our can should would could will me one use used using vs not".split())


def tokens(text):
    return {re.sub(r"(?<=\w\w[^s])s$", "", word) for word in re.findall(r"[a-z0-9+#.-]*[a-z0-9+#]", text.lower()) if word not in STOP}


def front_matter_faults(note):
    topic, _, slug = note.id.partition("/")
    if (topic, slug) != (note.path.parent.name, note.path.stem):
        yield f"id {note.id!r} does not match the file's place"
    if topic != note.topic:
        yield "topic differs from the id's"
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9]+(-[a-z0-9]+)*", note.id):
        yield "id must be topic/slug in lower case with hyphens"
    if note.level not in LEVELS:
        yield f"level {note.level!r} is not one of {sorted(LEVELS)}"
    if note.kind not in KINDS:
        yield f"kind {note.kind!r} is not one of {sorted(KINDS)}"
    if not 4 <= len(note.question.split()) <= 24:
        yield "question must have 4 to 24 words"
    if not (note.question.endswith("?") or note.question.endswith(".")):
        yield "question must end with '?' (or '.' for a task)"
    if not 3 <= len(note.also_asked) <= 40:
        yield "also_asked needs three to forty lines"
    for one, other in combinations([note.question, *note.also_asked], 2):
        if tokens(one) == tokens(other):
            yield f"also_asked repeats itself: {other!r}"
    if not 3 <= len(note.asked_plainly) <= 5:
        yield "asked_plainly needs three to five lines"
    for line in note.asked_plainly:
        if len(line.split()) > 9:
            yield f"asked_plainly has more than nine words: {line!r}"
    for source in note.sources:
        if not re.search(r"\b(19|20)\d\d\b", source):
            yield f"source without a year: {source!r}"
    if not note.sources and note.kind != "behavioural":
        yield "sources may be empty only for behavioural notes"


def body_faults(note):
    for heading, (least, most) in BOUNDS.items():
        count = len(words(note.sections[heading]))
        if not least <= count <= most:
            yield f"{heading}: {count} words, expected {least} to {most}"
    least, most = (200, 600) if note.kind == "design" else (120, 400) if note.kind in ("coding", "behavioural") else (150, 400)
    count = len(words(note.sections["Explanation"]))
    if not least <= count <= most:
        yield f"Explanation: {count} words, expected {least} to {most}"
    short = note.sections["Short answer"]
    if not 2 <= len(sentences(short)) <= 4:
        yield f"Short answer: {len(sentences(short))} sentences, expected 2 to 4"
    if re.search(r"```|^\s*[-|] |\n\s*\n", short, re.M):
        yield "Short answer must be one paragraph without lists, tables or code"
    for lead in LEADS.get(note.topic, []):
        if f"**{lead}.**" not in note.sections["Explanation"]:
            yield f"Explanation lacks the lead **{lead}.**"
    if note.topic in ("coding", "ml-coding") and note.kind == "coding" and "```" not in note.sections["Explanation"]:
        yield "a coding note needs a code block"
    follow_ups = [line for line in note.sections["Follow-ups"].split("\n") if line.strip()]
    if not 2 <= len(follow_ups) <= 5:
        yield "Follow-ups needs two to five lines"
    for line in follow_ups:
        match = re.fullmatch(r"- \*(.+[?.])\* (.+)", line)
        if not match:
            yield f"Follow-ups: expected '- *Question?* Answer.', found {line[:50]!r}"
        elif not 4 <= len(words(match[2])) <= 50:
            yield f"Follow-ups: answer of {len(words(match[2]))} words: {line[:50]!r}"


def sentence_faults(note):
    lengths = []
    for heading, text in note.sections.items():
        for sentence in sentences(text):
            count = len(words(sentence))
            lengths.append(count)
            if count > LONGEST_SENTENCE:
                yield f"{heading}: sentence of {count} words: {sentence[:60]!r}"
            bare = plain(sentence)
            for part in [bare, *re.split(r"(?<=[.?!]) (?=[A-Z])", bare)[1:]]:
                if LOOSE_START.match(part):
                    yield f"{heading}: sentence does not stand alone: {part[:60]!r}"
        bare = plain(prose(text))
        lower = bare.lower()
        for phrase in FILLER:
            if re.search(rf"\b{re.escape(phrase)}\b", lower):
                yield f"{heading}: filler {phrase!r}"
        for mark in ("—", "!", " we ", " We ", "TODO"):
            if mark in re.sub(r"!=|\w!|!\[", "", bare):
                yield f"{heading}: avoid {mark.strip()!r}"
        for match in BRITISH.finditer(bare):
            if match.group().lower() not in NOT_BRITISH:
                yield f"{heading}: British spelling {match.group()!r}"
    if lengths and sum(lengths) / len(lengths) > MEAN_SENTENCE:
        yield f"sentences average {sum(lengths) / len(lengths):.1f} words, expected at most {MEAN_SENTENCE}"


def arithmetic_faults(note):
    digits = note.body.replace(",", "").replace("−", "-")
    for entry in note.arithmetic:
        try:
            literal = arithmetic.check(entry)
        except arithmetic.ArithmeticFault as fault:
            yield f"arithmetic {entry!r}: {fault}"
            continue
        if not re.search(rf"(?<![\d.]){re.escape(literal)}(?!\d|\.\d)", digits):
            yield f"arithmetic {entry!r}: {literal} does not occur in the body"
    for heading, text in note.sections.items():
        for _, fault in arithmetic.equations(re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)):
            if fault:
                yield f"{heading}: {fault}"


def link_faults(note, known, strict, pending):
    for name in ("prerequisites", "see_also"):
        for target in getattr(note, name):
            if target == note.id:
                yield f"{name} links to itself"
            elif target not in known:
                if strict:
                    yield f"{name}: no note {target}"
                else:
                    pending["links"].add(target)
    if not note.see_also:
        yield "see_also is empty"


def code_faults(note, strict, pending):
    for reference in note.code:
        path, _, symbol = reference.partition("#")
        file = ROOT / path
        if not re.match(r"(Sources|Tests|Bench|Models|Configs)/", path) or ".." in path:
            yield f"code: {path!r} is not a path of this repository"
        elif not file.exists():
            if strict:
                yield f"code: {path} does not exist"
            else:
                pending["code"].add(reference)
        elif symbol and not re.search(rf"\b{re.escape(symbol)}\b", file.read_text(errors="replace")):
            yield f"code: {symbol!r} does not occur in {path}"


def duplicate_faults(notes):
    """Near-duplicate questions by token overlap, and notes that open with the same four words."""
    asked = [(note, question, tokens(question)) for note in notes for question in (note.question, *note.also_asked)]
    by_token = defaultdict(set)
    for index, (_, _, bag) in enumerate(asked):
        for token in bag:
            by_token[token].add(index)
    for index, (note, question, bag) in enumerate(asked):
        rivals = set().union(*(by_token[token] for token in bag)) if bag else set()
        for rival in rivals:
            other, text, other_bag = asked[rival]
            if rival > index and other is not note and len(bag & other_bag) >= 0.8 * len(bag | other_bag):
                yield note, f"question {question!r} is nearly {text!r} of {other.id}"
    openings = defaultdict(list)
    for note in notes:
        openings[" ".join(words(note.sections["Short answer"])[:4]).lower()].append(note)
    for opening, group in openings.items():
        for note in group[1:]:
            yield note, f"opens like {group[0].id}: {opening!r}"


def lint(strict_links=False, strict_code=False):
    notes, faults, pending = [], defaultdict(list), {"links": set(), "code": set()}
    for path in note_paths():
        try:
            notes.append(read(path))
        except (NoteError, UnicodeDecodeError) as error:
            faults[path].append(str(error))
    known = {note.id for note in notes}
    for note in notes:
        for check in (front_matter_faults, body_faults, sentence_faults, arithmetic_faults):
            faults[note.path] += check(note)
        faults[note.path] += link_faults(note, known, strict_links, pending)
        faults[note.path] += code_faults(note, strict_code, pending)
    for note, fault in duplicate_faults(notes):
        faults[note.path].append(fault)
    for topic in sorted({note.topic for note in notes}):
        if not (CORPUS / topic / "README.md").exists():
            faults[CORPUS / topic].append("the topic has no README.md")
    return notes, faults, pending


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--links", action="store_true", help="links to missing notes are faults")
    parser.add_argument("--code", action="store_true", help="paths to missing sources are faults")
    options = parser.parse_args()
    notes, faults, pending = lint(options.links, options.code)
    only = {(ROOT / file).resolve() for file in options.files}
    count = 0
    for path, texts in sorted(faults.items()):
        if only and path.resolve() not in only:
            continue
        for text in texts:
            print(f"{path.relative_to(ROOT)}: {text}")
            count += 1
    computed = sum(len(note.arithmetic) for note in notes)
    print(f"{len(notes)} notes, {computed} computations, {count} faults, "
          f"{len(pending['links'])} links and {len(pending['code'])} code paths pending", file=sys.stderr)
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
