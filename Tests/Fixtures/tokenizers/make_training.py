#!/usr/bin/env python3
"""Writes a small text and what the trainer of Hugging Face `tokenizers` learns from it, in several settings.

    pip install tokenizers
    Tests/Fixtures/tokenizers/make_training.py

The text has many equally frequent pairs, runs of one letter, pieces that two merges can make, blank lines and Windows
line ends: what a trainer can get wrong.
"""
import json, pathlib, random
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from make_fixtures import TEXT, reference

here = pathlib.Path(__file__).parent / "training"
rng = random.Random(5)


def words(letters, longest, count):
    return " ".join("".join(rng.choice(letters) for _ in range(rng.randrange(1, longest))) for _ in range(count))


text = TEXT[:len(TEXT) // 3] + "\n".join([
    words("ab", 9, 150), "", "", words("abc", 12, 150) + "\r", "\r", words("a", 20, 30), "   " + words("xyzé日", 6, 150),
    words("0123456789", 6, 60), "", "", "", "don't DON'T we'll WE'LL", "\t\t" + words("(){};", 4, 40), "no line end"])

BYTE_LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)


def cl100k(numbers):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(reference.CL100K % numbers), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


PRE_TOKENIZERS = {
    "gpt2": BYTE_LEVEL, "llama3": cl100k(r"\p{N}{1,3}"), "qwen2": cl100k(r"\p{N}"),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), BYTE_LEVEL])}


def learn(pre_tokenizer, size, frequency, specials, lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = PRE_TOKENIZERS[pre_tokenizer]
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    if lines:
        tokenizer.train([str(here / "text.txt")], trainer)
    else:
        tokenizer.train_from_iterator([text], trainer)
    file = json.loads(tokenizer.to_str())
    return {"pre_tokenizer": pre_tokenizer, "vocabulary_size": size, "minimum_frequency": frequency,
            "special_tokens": specials, "lines": lines, "vocab": file["model"]["vocab"], "merges": file["model"]["merges"]}


def main():
    here.mkdir(exist_ok=True)
    (here / "text.txt").write_bytes(text.encode())
    runs = [learn("gpt2", 400, 0, ["<|endoftext|>"], True), learn("gpt2", 400, 0, [], False),
            learn("gpt2", 5000, 0, ["a", "<s>", "ab", "é"], True), learn("gpt2", 5000, 3, ["<s>", "</s>"], False),
            learn("llama3", 450, 2, ["<|begin_of_text|>"], False), learn("qwen2", 450, 0, ["<|im_end|>"], True),
            learn("smollm", 450, 2, ["<|endoftext|>"], True)]
    (here / "expected.jsonl").write_text("".join(json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n" for run in runs))


if __name__ == "__main__":
    main()
