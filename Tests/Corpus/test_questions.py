"""The evaluation set must pass its checks, and each check must catch a broken line."""
import json
import unittest
from types import SimpleNamespace

import questions

NOTES = [
    SimpleNamespace(id="decoding/one", question="How does the first example note answer its reader?",
                    also_asked=["Why one?", "note one plz"], asked_plainly=["note one"]),
    SimpleNamespace(id="decoding/two", question="What stands in the second note?", also_asked=[], asked_plainly=[]),
]
GOOD = {"id": "q0001", "query": "what's in it", "style": "plain", "notes": ["decoding/one"], "set": "answerable", "split": "tune"}


def faults_of(*changes, counts=False):
    """The faults of a file with one line a change; a change is a dict over GOOD, or a whole line."""
    lines = [change if isinstance(change, str) else json.dumps({**GOOD, **change}) for change in changes]
    return questions.check("\n".join(lines), NOTES, counts)[1]


class Questions(unittest.TestCase):
    def test_a_good_line_passes(self):
        self.assertEqual(faults_of({}), [])

    def test_every_rule_of_one_line_catches_its_fault(self):
        cases = {
            "no JSON": "{",
            "expected an object": "[]",
            "expected an object with": {"level": "junior"},
            "an empty text": {"query": " "},
            "is not a letter": {"id": "17"},
            "style 'loud'": {"style": "loud"},
            "set 'other'": {"set": "other", "notes": []},
            "split 'train'": {"split": "train"},
            "only to them": {"turns": ["earlier"]},
            "previous turns": {"style": "follow-up"},
            "notes belong": {"set": "foreign"},
            "notes belong to answerable": {"notes": []},
            "needs two notes": {"style": "double"},
            "named twice": {"notes": ["decoding/one", "decoding/one"]},
            "no note 'decoding/three'": {"notes": ["decoding/three"]},
        }
        for fault, change in cases.items():
            with self.subTest(fault):
                self.assertTrue(any(fault in found for found in faults_of(change)), faults_of(change))

    def test_the_words_of_a_note_are_caught(self):
        self.assertIn("stands in decoding/one", faults_of({"query": "so does the first example note answer mine"})[0])
        self.assertIn("stands in decoding/one", faults_of({"query": "A question. Note one, plz!"})[0])
        self.assertIn("stands in decoding/one", faults_of({"style": "follow-up", "turns": ["why one"]})[0])
        self.assertEqual(faults_of({"query": "does the first example note help"}), [])

    def test_queries_and_ids_are_unique(self):
        self.assertIn("same query", faults_of({}, {"id": "q0002", "query": "What's in it?"})[0])
        self.assertIn("occurs 2 times", faults_of({}, {"query": "another"})[0])

    def test_a_follow_up_may_repeat_a_query_after_other_turns(self):
        again = {"id": "q0002", "style": "follow-up", "turns": ["I read a note."], "split": "held-out"}
        self.assertEqual(faults_of({}, again), [])

    def test_counts_are_held(self):
        self.assertIn("at least 600", faults_of({}, counts=True)[0])

    def test_splits_are_even(self):
        lines = [{"id": f"q{n:04}", "query": f"query {n}"} for n in range(4)]
        self.assertIn("not half and half", faults_of(*lines, counts=True)[1])

    def test_more_files_are_checked_beside_the_first_and_not_counted(self):
        more = [("more.jsonl", json.dumps({**GOOD, "style": "loud"}))]
        faults = questions.check(json.dumps(GOOD), NOTES, counts=True, more=more)[1]
        self.assertIn("more.jsonl:1: style 'loud'", faults[0])
        self.assertIn("id q0001 occurs 2 times", faults[1])
        self.assertIn("same query as q0001", faults[2])
        self.assertIn("1 answerable queries, at least 600", faults[3])

    def test_the_committed_questions_pass(self):
        self.assertEqual(questions.committed()[1], [])


if __name__ == "__main__":
    unittest.main()
