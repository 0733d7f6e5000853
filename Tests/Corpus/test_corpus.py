"""The checks must catch what they promise to catch; and the committed corpus must pass them."""
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import arithmetic
import lint
import notes
import seeds

GOOD = """---
id: decoding/example
question: How does an example note look here?
also_asked:
  - example note form
  - what is the shape of a note in the corpus
  - notte exampel
asked_plainly:
  - example note
  - an example of notes
  - what is an example note
topic: decoding
level: junior
kind: concept
prerequisites: []
see_also: [decoding/other]
sources:
  - Nobody. "A title: with a colon", 2020
code: []
arithmetic:
  - 2 * 3 = 6
---
## Short answer
Two times three blocks need six slots in the pool of an engine. The number stands in the text so that a script can compute the product again. A reader needs nothing else to follow the claim.

## Explanation
EXPLANATION

## What interviewers probe
Whether the candidate multiplies before guessing, names the units of every factor, and says which of the inputs was measured and which was assumed.

## Common mistakes
Forgetting a factor of two halves the answer and doubles the surprise in production. Mixing units of a thousand with units of 1,024 shifts large results by several percent.

## Follow-ups
- *What if a factor changes?* The product changes in proportion.
- *Who checks the number?* A script recomputes the entry.
"""
FILL = " ".join(f"Block number {n} of the example holds sixteen tokens of one request." for n in range(20))


def faults_of(text, place="decoding/example.md"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / place
        path.parent.mkdir(parents=True)
        (path.parent / "README.md").write_text("A topic.\n")
        path.write_text(text.replace("EXPLANATION", FILL))
        with mock.patch.object(lint, "CORPUS", Path(folder)), mock.patch.object(
                lint, "note_paths", lambda: notes.note_paths(Path(folder))):
            _, faults, _ = lint.lint()
        return [fault for group in faults.values() for fault in group]


class Lint(unittest.TestCase):
    def test_accepts_a_good_note(self):
        self.assertEqual(faults_of(GOOD), [])

    def assertCatches(self, old, new, expected):
        self.assertIn(old, GOOD)
        self.assertTrue(any(expected in fault for fault in faults_of(GOOD.replace(old, new))), faults_of(GOOD.replace(old, new)))

    def test_catches_each_kind_of_fault(self):
        for old, new, expected in [
            ("2 * 3 = 6", "2 * 3 = 7", "not exactly"),
            ("2 * 3 = 6", "2 * 50 = 100", "does not occur"),
            ("level: junior", "level: expert", "level"),
            ("kind: concept", "colour: red", "unknown key"),
            ("id: decoding/example", "id: decoding/other", "does not match"),
            ("see_also: [decoding/other]", "see_also: []", "see_also is empty"),
            ("  - notte exampel\n", "", "three to forty"),
            ("  - notte exampel\n", "  - form: example notes\n", "repeats itself"),
            ("## Common mistakes", "## Usual mistakes", "unexpected heading"),
            ("A reader needs", "It is what a reader needs", "does not stand alone"),
            ("A reader needs", "This means that a reader needs", "does not stand alone"),
            ("A reader needs", "A robust reader needs", "filler"),
            ("A reader needs", "A colour reader needs", "British"),
            ("EXPLANATION", "Too short.", "Explanation: 2 words"),
            ("The product changes", "The product of 3 × 4 = 13 changes", "not 13"),
            ("- *Who checks the number?* A script", "- Who checks? A script", "expected '- *Question?*"),
            ("code: []", "code: [Secrets/key]", "not a path of this repository"),
        ]:
            with self.subTest(expected=expected, new=new):
                self.assertCatches(old, new, expected)


class Arithmetic(unittest.TestCase):
    def test_evaluates(self):
        for entry in ["1/3 ~ 0.333", "2^10 = 1024", "exp(2.30) ~ 9.97", "ceil(7/2) = 4", "-2 + 5 = 3", "0.1 + 0.2 = 0.3", "comb(5, 2) = 10",
                      "2 * 3^2 = 18", "1.5e3 / 2 = 750"]:
            arithmetic.check(entry)

    def test_refuses(self):
        for entry in ["1/3 = 0.333", "1/3 ~ 0.34", "__import__('os') = 1", "exp(0) = 1", "1/0 = 1", "2^99999 = 1", "2 plus 2 = 4", "[1] = 1"]:
            with self.subTest(entry), self.assertRaises(arithmetic.ArithmeticFault):
                arithmetic.check(entry)

    def test_finds_equations_in_prose(self):
        found = arithmetic.equations("So 16 × 40 = 640 and 3.10 ÷ (0.693 × 3.35) = 1.335, but 2 + 2 = 5; p = 0.3 and 1,024 × 2 = 2,048.")
        self.assertEqual([bool(fault) for _, fault in found], [False, False, True, False])


class Seeds(unittest.TestCase):
    def test_a_hash_ignores_marks_and_links(self):
        self.assertEqual(seeds.normalise("- What is  X? [^note]"), seeds.normalise("3. what is [X](http://x)?"))


class Committed(unittest.TestCase):
    def test_the_corpus_has_no_faults(self):
        _, faults, _ = lint.lint()
        self.assertEqual({str(path): texts for path, texts in faults.items() if texts}, {})


if __name__ == "__main__":
    unittest.main()
