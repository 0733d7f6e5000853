"""A small BM25 (Robertson and Zaragoza 2009): finds the passages that are easily taken for the right one."""

import re

import numpy as np

WORD = re.compile(r"[a-z0-9]+")
STOP = set("a an and are as at be by can do does for from how i in is it its my of on or should that the this to was what when where which why will with you your".split())  # fmt: skip


def words(text):
    """Lower-case words without the commonest; a final s is dropped."""
    return [w[:-1] if len(w) > 3 and w.endswith("s") else w for w in WORD.findall(text.lower()) if w not in STOP]


class BM25:
    def __init__(self, texts, k1=1.2, b=0.75):
        self.count = len(texts)
        lists, lengths = {}, np.zeros(len(texts), np.float32)
        for index, text in enumerate(texts):
            found = words(text)
            lengths[index] = len(found)
            for word in found:
                lists.setdefault(word, {}).setdefault(index, 0)
                lists[word][index] += 1
        norm = k1 * (1 - b + b * lengths / max(1.0, lengths.mean()))
        self.lists = {}
        for word, postings in lists.items():
            at = np.fromiter(postings.keys(), np.int64)
            tf = np.fromiter(postings.values(), np.float32)
            idf = np.log(1 + (len(texts) - len(at) + 0.5) / (len(at) + 0.5))
            self.lists[word] = at, idf * tf * (k1 + 1) / (tf + norm[at])

    def scores(self, query):
        """One score a text, 0 where no word is shared."""
        total = np.zeros(self.count, np.float32)
        for word in words(query):
            if word in self.lists:
                at, score = self.lists[word]
                total[at] += score
        return total

    def best(self, query, limit):
        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:limit]
        return [int(i) for i in order if scores[i] > 0]
